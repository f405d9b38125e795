"""The configuration of page 07_head_influence."""

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class HeadInfluence(Section):
    """Influence in the last layers of the image models, checked by refits and against other solvers."""

    shown: int = Field(ge=4, le=60, description="images in each grid of pictures")
    ridge: float = Field(gt=0, le=0.1, description="ρ of the refits")
    shares: list[float] = Field(min_length=2, description="cut-offs and dampings, shares of the largest eigenvalue")
    tests: int = Field(ge=10, description="test images whose losses are measured")
    groups: int = Field(ge=2, description="groups of each kind that a head is refitted without; time is proportional")
    group_size: int = Field(ge=2, description="images in a group")
    flip_images: int = Field(ge=100, description="images drawn for each seed of the wrong labels")
    flip_share: float = Field(gt=0, lt=0.5, description="share of labels made wrong")
    flip_seeds: int = Field(ge=2, description="draws of wrong labels; time is proportional")
    solver_images: int = Field(ge=50, description="images whose Hessian the solvers use; time is proportional")
    solver_widths: list[int] = Field(min_length=1, description="random features of the growing heads")
    solver_products: int = Field(ge=10, description="most products of one conjugate gradient")
    influenciae_images: int = Field(ge=20, description="training images of the comparison with influenciae")
    influenciae_tests: int = Field(ge=2, description="test images of it")
    cg_images: int = Field(ge=5, description="training images of its conjugate gradient")
    cg_solves: int = Field(ge=2, description="of them, those whose gradients it solves for; 2 s each")
    cg_iterations: int = Field(ge=10, description="most iterations of it")
    seed: int = Field(ge=0, description="draws images, groups and random features")

    @model_validator(mode="after")
    def _consistent(self) -> "HeadInfluence":
        if not all(0 < share < 1 for share in self.shares) or self.shares != sorted(self.shares):
            raise ValueError("shares that rise between 0 and 1")
        if self.cg_images > self.influenciae_images or self.cg_solves > self.cg_images:
            raise ValueError("at most influenciae_images for cg_images and cg_images for cg_solves")
        return self


class ImageGroupsBench(Section):
    """What `make bench` times of a group search among images."""

    points: list[int] = Field(min_length=1, description="images; the last is judged")
    widths: list[int] = Field(min_length=1, description="features of the head; 64 must be among them and is judged")
    size: int = Field(ge=2, description="images in the group")
    repeats: int = Field(ge=1, description="rounds; time is proportional")
    library_images: int = Field(ge=10, description="images of influenciae's timed pass over features and gradients")

    @model_validator(mode="after")
    def _judged(self) -> "ImageGroupsBench":
        if 64 not in self.widths:
            raise ValueError("widths with the CNN's 64 features among them")
        return self
