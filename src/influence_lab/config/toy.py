"""The configuration of the toy data, the toy network and the retraining benchmark."""

from typing import Annotated

from pydantic import Field, model_validator

from influence_lab.config.section import Section

Count = Annotated[int, Field(ge=1)]
Widths = Annotated[list[Count], Field(min_length=1)]


class Toy(Section):
    """Two classes in the plane, the report's 32-16-1 network, and how its retraining is timed."""

    seed: int = Field(ge=0, description="draws the points")
    red_points: list[Count] = Field(min_length=1, description="training points in each disc of the red class")
    red_x: list[float] = Field(description="first coordinate of the discs' centres")
    red_y: list[float] = Field(description="second coordinate of the discs' centres")
    red_radii: list[Annotated[float, Field(gt=0)]] = Field(description="radii of the discs")
    blue_points: int = Field(ge=1, description="training points of the blue class, around the discs")
    margin: float = Field(gt=0, description="how far the blue class reaches beyond the discs")
    gap: float = Field(description="least distance of a blue point from a disc; negative makes the classes overlap")
    test_points: int = Field(ge=1, description="points kept apart, drawn in the same proportions")
    hidden: Widths = Field(description="hidden widths of the network")
    epochs: int = Field(ge=1, description="passes over the points in each training; cost is linear in it")
    batch_size: int = Field(ge=1, description="points in a mini-batch")
    learning_rate: float = Field(gt=0, description="of Adam")
    seeds: int = Field(ge=3, description="starts and batch orders of the trained networks, which intervals are over")
    bench_engine_models: int = Field(ge=1, description="retrainings that the engine is timed on in each round")
    bench_loop_models: int = Field(ge=1, description="retrainings that the plain torch loop is timed on")
    bench_keras_models: int = Field(ge=1, description="retrainings that each Keras loop is timed on")
    bench_repeats: int = Field(ge=1, description="rounds of the benchmark")
    bench_points: list[Count] = Field(min_length=1, description="numbers of points at which cost is measured")
    bench_widths: list[Widths] = Field(min_length=1, description="hidden widths at which cost is measured")

    groups_bench_points: int = Field(ge=50, description="points of the greedy search that is timed; 8 kB each")
    groups_bench_steps: int = Field(ge=1, le=49, description="points that the timed search adds")
    groups_bench_repeats: int = Field(ge=1, description="rounds of the greedy search's benchmark")

    @model_validator(mode="after")
    def _fits(self) -> "Toy":
        if not len(self.red_points) == len(self.red_x) == len(self.red_y) == len(self.red_radii):
            raise ValueError("red_points, red_x, red_y and red_radii of equal lengths, one entry a disc")
        if self.bench_engine_models < max(self.bench_loop_models, self.bench_keras_models):
            raise ValueError("bench_engine_models at least bench_loop_models and bench_keras_models")
        return self
