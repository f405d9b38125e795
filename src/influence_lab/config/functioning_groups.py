"""The configuration of page 05_functioning_groups."""

from typing import Annotated

from pydantic import Field, model_validator

from influence_lab.config.section import Section

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.01, le=0.6)]


class FunctioningGroups(Section):
    """Influence of groups of points in the toy world and in small convex models."""

    network_seeds: int = Field(ge=3, le=100, description="trained networks of each regularisation")
    l1: float = Field(gt=0, description="γ of the L1 penalty")
    l2: float = Field(gt=0, description="λ of the weight decay")
    dropout: float = Field(gt=0, lt=1, description="probability that a hidden unit is silent in a training step")
    damping: float = Field(gt=0, description="λ beside the curvature of the toy network")
    dampings: list[Annotated[float, Field(gt=0)]] = Field(min_length=1, description="λ of the sweep")
    top_points: int = Field(ge=5, description="points in a top, the report's 100")
    growth_sizes: list[Count] = Field(min_length=2, description="sizes of growing groups, at most half a cluster")
    growth_draws: int = Field(ge=3, description="random orders of each kind of group")
    group_shares: list[Share] = Field(min_length=1, description="shares of the points that are removed as a group")
    convex_groups: int = Field(ge=10, description="random groups of each share removed from logistic regression")
    retrained_groups: int = Field(ge=4, description="random groups of each share and seed removed from the toy network")
    group_seeds: int = Field(ge=3, le=100, description="seeds of the toy network that is retrained without groups")
    search_damping: float = Field(gt=0, description="λ beside the last layer's Gauss-Newton matrix, in the search")
    search_dampings: list[Annotated[float, Field(gt=0)]] = Field(min_length=1, description="other λ, to compare")
    random_orders: int = Field(ge=2, le=1000, description="orders of random additions for each network")
    stop_neighbours: int = Field(ge=2, le=50, description="k of the stop that needs no oracle")
    stop_networks: int = Field(ge=1, le=50, description="networks whose cosine influence it averages")
    tuning_draws: int = Field(ge=2, le=900, description="draws on which the stop and the baselines are chosen")
    recovery_draws: int = Field(ge=4, le=1000, description="unseen draws that judge the stop; cost is linear in it")
    validation_draws: int = Field(ge=2, le=100, description="unseen draws trained again without each group")
    validation_seeds: int = Field(ge=1, le=50, description="starts of each of these trainings; cost is linear in it")
    validation_controls: int = Field(ge=1, le=20, description="random groups of equal size for each group")

    @model_validator(mode="after")
    def _judged_values_are_there(self) -> "FunctioningGroups":
        if self.damping not in self.dampings:
            raise ValueError("dampings that contain damping")
        if self.search_damping not in self.search_dampings:
            raise ValueError("search_dampings that contain search_damping")
        if not {0.05, 0.25} <= set(self.group_shares):
            raise ValueError("group_shares that contain 0.05 and 0.25, which claim B10 is judged at")
        return self
