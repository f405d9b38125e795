"""The configuration of page 12_two_stage_retraining."""

from pydantic import Field, PositiveFloat, PositiveInt

from influence_lab.config.section import Section


class TwoStageRetraining(Section):
    """Influence of pre-training texts on the fine-tuned small GPT, against two real stages of training."""

    seed: int = Field(ge=0, description="draws labels of the Fisher information, random scores and bootstrap samples")
    draws: int = Field(ge=20, description="bootstrap samples of each interval")
    share: float = Field(ge=0, description="of the mean eigenvalue, added to the weight decay in pre-training's EK-FAC")
    corpus_draws: int = Field(ge=1, description="labels sampled for each token of pre-training's EK-FAC")
    tuning_draws: int = Field(ge=1, description="for each token of fine-tuning's")
    sketch: int = Field(
        ge=1, description="random directions that a Gauss-Newton matrix is sketched from, before solves"
    )
    strong_damping: PositiveFloat = Field(description="λ of a further single-stage score with the Gauss-Newton matrix")
    sweep_alphas: list[PositiveFloat] = Field(min_length=2, description="α of fine-tuning and of the formula")
    sweep_starts: int = Field(ge=1, description="random starts on which they are compared, the first")
    sweep_steps: int = Field(ge=10, description="of Adam in these fine-tunings")
    sweep_subsets: int = Field(ge=3, description="subsets whose models are fine-tuned so, the first")
    plain_steps: list[PositiveInt] = Field(min_length=1, description="of fine-tunings without a proximity term")
    formula_alphas: list[PositiveFloat] = Field(min_length=2, description="α that the formula is tried with for these")
