"""The configuration of page 05_functioning_groups."""

from pydantic import Field

from influence_lab.config.section import Section


class FunctioningGroups(Section):
    """Influence of groups of points in the toy world and in small convex models."""

    network_seeds: int = Field(ge=3, le=100, description="trained networks of each regularisation")
    l1: float = Field(gt=0, description="γ of the L1 penalty")
    l2: float = Field(gt=0, description="λ of the weight decay")
    dropout: float = Field(gt=0, lt=1, description="probability that a hidden unit is silent in a training step")
