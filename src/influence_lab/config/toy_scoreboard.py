"""The configuration of the scoreboard of attribution methods on the toy network."""

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class ToyScoreboard(Section):
    """What every attribution method is given, and what it is judged by."""

    damping: float = Field(gt=0, description="λ of G + λI and H + λI, and of the proximal objective")
    checkpoints: int = Field(ge=1, description="checkpoints of TracIn, evenly over the epochs, the last at the end")
    flipped_share: float = Field(ge=0.02, le=0.4, description="share of training labels flipped, to be found")
    tolerance: float = Field(gt=0, lt=1, description="of conjugate gradient, on the relative residual")
    depth: int = Field(ge=1, description="of LiSSA; time is proportional")
    steps: int = Field(ge=1, description="products of Arnoldi's iteration")
    rank: int = Field(ge=1, description="eigenpairs that Arnoldi's influence keeps")
    representer_decay: float = Field(gt=0, description="λ of the last layer that representer points refit")
    removed: int = Field(ge=3, description="points whose removal the proximal Bregman objective is solved for, a seed")
    trak_dimension: int = Field(ge=2, description="of TRAK's random projection")

    @model_validator(mode="after")
    def _fits(self) -> "ToyScoreboard":
        if self.rank > self.steps:
            raise ValueError("rank at most steps")
        return self
