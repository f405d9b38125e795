"""The configuration of page 12_two_stage_lm."""

from pydantic import Field, PositiveFloat, model_validator

from influence_lab.config.section import Section


class TwoStageLm(Section):
    """A second stage of the language model, on questions about elements, and influence through both stages."""

    seed: int = Field(ge=0, description="draws elements, the order of training, labels of the Fisher information")
    pairs: int = Field(ge=7, description="question-answer pairs of fine-tuning, over seven kinds of fact in turn")
    held_out: int = Field(ge=2, description="further pairs that are kept apart")
    alpha: float = Field(gt=0, description="α of (α/2)‖θ − θ_pt‖²")
    other_alphas: list[PositiveFloat] = Field(description="further α that are put into the formula")
    epochs: int = Field(ge=1, description="passes over the pairs")
    batch_size: int = Field(ge=1, description="pairs a step")
    learning_rate: float = Field(gt=0, description="of Adam, falling linearly to 0")
    answered: int = Field(ge=1, description="queries that the model answers at each stage")
    answer_tokens: int = Field(ge=1, description="most tokens of an answer")
    top: int = Field(ge=1, description="texts at the top of a list")
    draws: int = Field(ge=20, description="bootstrap samples of each interval")
    cost_texts: int = Field(ge=2, description="texts, and as many pairs, that costs are measured on")
    cost_queries: int = Field(ge=1, description="queries likewise")
    cost_layers: int = Field(ge=1, description="last layers that are attributed there")
    cost_draws: int = Field(ge=2, description="draws of the labels of every pair in one more fit there")
    cost_repeats: int = Field(ge=1, description="repetitions of both ways, in turn; an interval takes two")

    @model_validator(mode="after")
    def _fits(self) -> "TwoStageLm":
        if self.cost_texts > self.pairs:
            raise ValueError("cost_texts at most pairs")
        return self
