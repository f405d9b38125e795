"""Write down which modules of the package each process imports, as it does. On the path of test runs only."""

import json
import os
import sys
import time
from pathlib import Path

if "RECORD_MODULES" in os.environ:
    # the time too: a long run may get the number of a process that has ended
    record = Path(os.environ["RECORD_MODULES"], f"{os.getpid()}-{time.time_ns()}.jsonl")

    def write(event: str, arguments: tuple) -> None:
        """Note an import; a killed process has written what it had imported."""
        if event == "import" and arguments[0].split(".")[0] == "influence_lab":
            with record.open("a") as file:
                about = {"command": sys.orig_argv, "ipython": os.environ.get("IPYTHONDIR", "")}
                file.write(json.dumps(about | {"module": arguments[0]}) + "\n")

    sys.addaudithook(write)
