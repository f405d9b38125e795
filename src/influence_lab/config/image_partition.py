"""The configuration of page 07_image_partition."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from influence_lab.config.section import Section

Count = Annotated[int, Field(ge=2, le=2000)]


class ImagePartition(Section):
    """Partitions of all training images into functioning groups."""

    seed: int = Field(ge=0, description="draws starts of k-means, subsets, queries and controls")
    counts: list[Count] = Field(min_length=2, description="numbers of groups; time is proportional")
    groups: int = Field(description="the number of groups that the page shows, one of the counts")
    restarts: int = Field(ge=3, le=20, description="starts of k-means with that number, which intervals are over")
    steps: int = Field(ge=1, le=300, description="Lloyd's steps on part of the images, at most")
    final_steps: int = Field(ge=1, le=300, description="Lloyd's steps then on all images")
    start_images: int = Field(ge=2, description="images of the first of these two stages")
    compared_images: int = Field(ge=100, description="drawn for the adjusted mutual information")
    subsets: int = Field(ge=2, description="random subsets for greedy search and k-means, which intervals are over")
    subset_images: int = Field(ge=20, description="images in each; time grows with the square")
    subset_groups: int = Field(ge=2, description="groups in each")
    queries: int = Field(ge=2, description="images whose nearest are looked up")
    nearest: int = Field(ge=1, le=25, description="images similar to each query, and shown for each component")
    shown_queries: int = Field(ge=1, le=30, description="queries on the page, 12 kB each")
    components: int = Field(ge=1, le=10, description="leading principal components")
    removed: int = Field(ge=2, description="groups without which the last layer is trained again")
    decay: float = Field(gt=0, description="λ of (λ/2)‖θ‖² in that training")
    pictures: int = Field(ge=4, le=24, description="images shown of each group, 1 kB each")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.groups not in self.counts:
            raise ValueError(f"groups: one of counts, {self.counts}")
        if self.start_images < max(self.counts):
            raise ValueError(f"start_images: at least the largest of counts, {max(self.counts)}")
        if self.subset_groups > self.subset_images:
            raise ValueError(f"subset_groups: at most subset_images, {self.subset_images}")
        if self.shown_queries > self.queries:
            raise ValueError(f"shown_queries: at most queries, {self.queries}")
        return self
