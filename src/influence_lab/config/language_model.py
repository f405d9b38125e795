"""The configuration of the language model's domain corpus."""

from pydantic import Field

from influence_lab.config.section import Section


class LanguageModel(Section):
    """Texts about compounds and elements on which a language model is trained further."""

    seed: int = Field(ge=0, description="draws the element texts for training and those kept apart")
    compounds: int = Field(ge=1, le=18, description="compounds taken from data/compounds.yaml, in its order")
    mistakes: int = Field(ge=0, le=3, description="compounds of which a false statement is planted, in its order")
    element_texts: int = Field(ge=0, description="texts from mendeleev's database that are trained on")
    held_out_element_texts: int = Field(ge=1, description="texts from it kept apart")
    longest_characters: int = Field(ge=60, description="element texts longer than this are left out")
