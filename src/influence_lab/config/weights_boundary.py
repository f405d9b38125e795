"""The configuration of page 09_weights_boundary."""

from typing import Annotated

from pydantic import Field, model_validator

from influence_lab.config.section import Section

Size = Annotated[int, Field(ge=1, le=200)]


class WeightsBoundary(Section):
    """How far weights must move until predictions change: single images, groups, classes, and what flips together."""

    seed: int = Field(ge=0, description="draws images and groups")
    sample: int = Field(ge=20, description="images on which the closed form, DeepFool and scores are compared")
    library_images: int = Field(ge=2, le=1000, description="images scored by influenciae")
    sizes: list[Size] = Field(min_length=2, description="of groups whose boundary of the last layer is sought")
    groups: int = Field(ge=2, description="groups of each class, kind and size")
    network_sizes: list[Size] = Field(min_length=1, description="of groups flipped by all layers; among `sizes`")
    network_groups: int = Field(ge=1, description="groups of each class and kind flipped by all layers, smallest size")
    judged_groups: int = Field(ge=2, description="of every size for airplanes and trucks, which claim B24 is about")
    steps: int = Field(ge=1, le=1000, description="limit of the batch and of the simple boundary")
    largest_norm: float = Field(gt=0, description="change of the weights at which the simple boundary gives up")
    passes: int = Field(ge=1, description="limit of the sequential boundary, times through the group")
    candidates: int = Field(ge=20, description="images that the greedy search chooses from")
    greedy_seeds: int = Field(ge=1, le=10, description="seed images of the greedy search, of as many classes")
    greedy_size: int = Field(ge=2, le=100, description="of its groups with the last layer")
    greedy_network_size: int = Field(ge=2, le=100, description="of its group with all layers, for one seed image")
    flip_seeds: int = Field(ge=10, description="seed images that are flipped, evenly over the classes")
    flip_group: int = Field(ge=2, le=100, description="size of the groups around them, seed image included")
    class_draws: int = Field(ge=5, description="random images of the seed's class")
    matches: int = Field(ge=1, description="random images with the prediction and gap of each member")

    @model_validator(mode="after")
    def _groups_are_there(self) -> "WeightsBoundary":
        if not set(self.network_sizes) <= set(self.sizes):
            raise ValueError("network_sizes that are among sizes")
        if max(self.network_groups, self.judged_groups) > self.groups:
            raise ValueError("network_groups and judged_groups of at most groups")
        if 1 not in self.sizes:
            raise ValueError("sizes that contain 1, a single image")
        if self.greedy_size > self.candidates or self.greedy_network_size > self.candidates:
            raise ValueError("more candidates than the greedy groups have members")
        return self
