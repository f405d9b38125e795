"""Write down, when a process ends, which modules of the package it had imported. On the path of test runs only."""

import atexit
import json
import os
import sys
from pathlib import Path


def _write() -> None:
    names = sorted(name for name in sys.modules if name.split(".")[0] == "influence_lab")
    if names:
        files = [getattr(sys.modules[name], "__file__", None) for name in names]
        record = {"command": sys.orig_argv, "files": [file for file in files if file]}
        Path(os.environ["RECORD_MODULES"], f"{os.getpid()}.json").write_text(json.dumps(record))


if "RECORD_MODULES" in os.environ:
    atexit.register(_write)
