"""Take away the lock that a killed Snakemake left in this folder. `make results` calls it before it starts."""

import subprocess
import sys
from pathlib import Path

import psutil

from influence_lab.locations import ROOT


def running(folder: Path) -> list[int]:
    """Processes of Snakemake, its jobs among them, that work in `folder`."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = " ".join(process.info["cmdline"] or [])
        if "snakemake" in words and process.info["cwd"] == str(folder) and process.info["pid"] != psutil.Process().pid:
            found.append(process.info["pid"])
    return found


def unlock(folder: Path) -> None:
    """Remove a stale lock, so that the next run goes on where the killed one was.

    Raises:
        SystemExit: Snakemake, or a job that outlived it, still works here.
    """
    if not any((folder / ".snakemake" / "locks").glob("*")):
        return
    alive = running(folder)
    if alive:
        numbers = ", ".join(map(str, alive))
        raise SystemExit(f"Snakemake is at work in {folder} (process {numbers}); wait for it, or end it")
    subprocess.run([sys.executable, "-m", "snakemake", "--unlock"], cwd=folder, check=True, capture_output=True)
    print("A run was killed here: its lock is removed, and this run goes on from what it finished")


if __name__ == "__main__":
    unlock(ROOT)
