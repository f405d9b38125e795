"""The configuration of page 06_datamodels_trak."""

from typing import Annotated

from pydantic import Field, model_validator

from influence_lab.config.section import Section

Share = Annotated[float, Field(ge=0.05, le=0.95)]
Size = Annotated[int, Field(ge=20)]
Damping = Annotated[float, Field(gt=0)]
Dimension = Annotated[int, Field(ge=2)]


class DatamodelsTrak(Section):
    """Toy networks trained on random subsets, and datamodels, influence and TRAK, which predict them."""

    alphas: list[Share] = Field(min_length=1, description="shares of the training points in a subset; 0.5 among them")
    half_subsets: int = Field(ge=100, description="subsets at α = 0.5, each trained on once; cost is linear in it")
    subsets: int = Field(ge=50, description="subsets at each other α, each trained on once; cost is linear in it")
    held_out: int = Field(ge=10, description="further subsets at each α, to judge predictions by")
    half_repeats: int = Field(ge=4, multiple_of=2, description="trainings of each held-out subset at α = 0.5")
    repeats: int = Field(ge=2, multiple_of=2, description="trainings of each held-out subset at the other α")
    targets: int = Field(ge=6, multiple_of=3, description="test points whose margins are predicted")
    embedded: int = Field(ge=20, multiple_of=2, description="training points of two discs, embedded by datamodels")
    sizes: list[Size] = Field(
        min_length=1,
        description="subsets that datamodels are fitted on, besides all; the first also choose λ of influence",
    )
    dampings: list[Damping] = Field(
        min_length=1, description="λ of G + λI that influence is computed with, to choose from"
    )
    trak_models: int = Field(ge=10, description="models at α = 0.5 whose gradients TRAK reads")
    trak_dimensions: list[Dimension] = Field(min_length=1, description="dimensions of the random projections")

    @model_validator(mode="after")
    def _fits(self) -> "DatamodelsTrak":
        if 0.5 not in self.alphas or len({*self.alphas}) < len(self.alphas):
            raise ValueError("alphas different from each other, with 0.5 among them")
        if self.sizes != sorted({*self.sizes}) or self.sizes[0] > self.subsets:
            raise ValueError("sizes that increase, the first at most subsets")
        if 10 * self.trak_models > self.half_subsets:
            raise ValueError("trak_models at most a tenth of half_subsets")
        return self
