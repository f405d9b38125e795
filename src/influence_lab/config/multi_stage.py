"""The configuration of page 12_multi_stage."""

from typing import Annotated

from pydantic import Field

from influence_lab.config.section import Section

Strength = Annotated[float, Field(gt=0)]


class MultiStage(Section):
    """Influence through stages of training: small convex models, a GPT with exact curvature, real preference tuning."""

    draws: int = Field(ge=1, description="random quadratic stages")
    seeds: int = Field(ge=1, description="draws of the rows of the convex models")
    points: int = Field(ge=3, description="rows of pre-training that are up-weighted")
    tests: int = Field(ge=3, description="rows whose log-probability is measured")
    decay: Strength = Field(description="weight decay of the convex models' pre-training")
    alphas: list[Strength] = Field(min_length=2, description="weights of the proximity term")
    limit_alphas: list[Strength] = Field(min_length=4, description="weights for the limits, increasing")
    epsilon: float = Field(gt=0, lt=1e-2, description="of the convex models' finite differences")
    gpt_seeds: int = Field(ge=1, description="random starts of the GPT with exact curvature; time is proportional")
    taught: int = Field(ge=1, description="compounds with an answered question, and with a pair of answers")
    asked: int = Field(ge=1, description="compounds asked about")
    stated: int = Field(ge=1, description="texts of pre-training on each")
    width: int = Field(ge=4, multiple_of=2, description="of that GPT; time grows with the 4th power")
    gpt_decay: Strength = Field(description="its weight decay, towards its random parameters")
    tuning_alpha: Strength = Field(description="proximity of its fine-tuning")
    preference_alphas: list[Strength] = Field(min_length=1, description="proximities of its preference tuning")
    beta: Strength = Field(description="β of DPO, here and on the full-size small GPT")
    gpt_epsilon: float = Field(gt=0, lt=1e-3, description="of its finite differences")
    preference_alpha: float = Field(ge=0, description="proximity of preference tuning on the full-size small GPT")
    preference_steps: int = Field(ge=2, description="of Adam there")
    preference_rate: Strength = Field(description="largest learning rate there")
