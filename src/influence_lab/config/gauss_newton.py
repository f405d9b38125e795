"""The configuration of page 02_gauss_newton."""

from typing import Annotated

from pydantic import AfterValidator, Field

from influence_lab.config.section import Section

Positive = Annotated[int, Field(ge=1)]
Step = Annotated[int, Field(ge=0)]


def _increasing(steps: list[int]) -> list[int]:
    if steps != sorted(set(steps)):
        raise ValueError("steps in increasing order, each once")
    return steps


class GaussNewton(Section):
    """Small networks on digits at 4 × 4 pixels: training, and what is measured on them."""

    seed: int = Field(ge=0, description="draws the digits")
    train_images: int = Field(ge=20, le=1000, description="training images; time and memory are linear in it")
    test_images: int = Field(ge=5, le=700, description="test images of the influence scores")
    hidden: list[Positive] = Field(min_length=1, description="hidden widths; explicit matrices cost their fourth power")
    seeds: int = Field(ge=2, le=50, description="random starts of every training run; intervals are over them")
    checkpoints: Annotated[list[Step], AfterValidator(_increasing)] = Field(
        min_length=2, description="training steps kept, increasing"
    )
    learning_rate: float = Field(gt=0, description="of Adam, full batch")
    dampings: list[Annotated[float, Field(gt=0)]] = Field(min_length=1, description="λ of the damping grid")
    label_doublings: int = Field(ge=3, le=14, description="up to 2^this labels an example are sampled; time doubles")
    label_seeds: int = Field(ge=2, le=100, description="repetitions of the sampled Fisher information")
    cost_widths: list[Positive] = Field(min_length=2, description="hidden widths whose cost is measured")
    cost_images: int = Field(ge=2, le=1000, description="images in each cost measurement")
    cost_repeats: int = Field(ge=2, le=50, description="timings of each cost measurement")
    explicit_parameters: int = Field(ge=100, description="above this p no explicit matrix is formed; memory 8 p² bytes")
