"""Write down which modules of the package each process imports, as it does. On the path of test runs only."""

import json
import os
import sys
from pathlib import Path

if "RECORD_MODULES" in os.environ:
    record = Path(os.environ["RECORD_MODULES"], f"{os.getpid()}.jsonl")

    def write(event: str, arguments: tuple) -> None:
        """Note an import; a killed process has written what it had imported."""
        if event == "import" and arguments[0].split(".")[0] == "influence_lab":
            with record.open("a") as file:
                about = {"command": sys.orig_argv, "ipython": os.environ.get("IPYTHONDIR", "")}
                file.write(json.dumps(about | {"module": arguments[0]}) + "\n")

    sys.addaudithook(write)
