"""The configuration of the small GPT's second and third stage."""

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class SmallGPTTuning(Section):
    """Fine-tuning of the small GPT on answered questions, held near the pre-trained parameters."""

    seed: int = Field(ge=0, description="draws the compounds that are taught and the refused answers")
    taught: int = Field(ge=2, description="compounds with an answered question; all others are asked about")
    preferences: int = Field(ge=1, description="of these, compounds with a preferred and a refused answer")
    alpha: float = Field(gt=0, description="α of (α/2)‖θ − θ_pt‖²")
    steps: int = Field(ge=10, description="of Adam with all questions in each")
    learning_rate: float = Field(gt=0, description="the largest; it ends at 0")

    @model_validator(mode="after")
    def _fits(self) -> "SmallGPTTuning":
        if self.preferences > self.taught:
            raise ValueError("preferences at most taught")
        return self
