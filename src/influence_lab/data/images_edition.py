"""When the images are to be made anew: Snakemake knows the files and the configuration, but not `CIFAR10_PATH`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path


def cifar10_path(environment: Mapping[str, str] = os.environ) -> str | None:
    """The user's copy of CIFAR-10, or None where the variable is not set or empty."""
    return environment.get("CIFAR10_PATH") or None


def images_edition(facts: Path | str, environment: Mapping[str, str] = os.environ) -> int:
    """A number that changes exactly when the images must be made anew: digits are there and the user has CIFAR-10.

    It is a parameter of the rule `images`, and the script writes it to the facts. Images that come from CIFAR-10 keep
    their number whatever becomes of the user's copy, which holds the same images wherever it lies; so do digits as long
    as there is no copy.

    Args:
        facts: what the rule wrote about the images; may be missing.
        environment: where `CIFAR10_PATH` may be set.

    >>> images_edition("nowhere.json", {"CIFAR10_PATH": "/data"})
    0
    """
    try:
        made = json.loads(Path(facts).read_text(encoding="utf-8"))
        source, edition = made["source"], int(made["edition"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0  # missing: the rule runs anyway; damaged: whoever reads the facts sets them aside
    return edition + 1 if source == "digits" and cifar10_path(environment) else edition
