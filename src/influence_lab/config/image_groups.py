"""The configuration of page 07_image_groups."""

from typing import Annotated, Literal

from pydantic import Field

from influence_lab.config.section import Section

Share = Annotated[float, Field(gt=0, lt=1)]


class ImageGroups(Section):
    """Groups grown from seed images, how they are measured, and which of them a page shows."""

    model: Literal["cnn", "resnet", "vgg19"] = Field(description="whose groups the page shows")
    training_seed: int = Field(ge=0, description="which training of that model")
    seed_image: int = Field(ge=-1, description="index of a training image whose group is shown; -1 for one a class")
    per_class: int = Field(ge=2, le=500, description="seed images of each class; time is proportional")
    draw: int = Field(ge=0, description="draws the seed images and the random groups")
    size: int = Field(ge=8, le=200, description="images in a group, the seed image included; time is proportional")
    damping_shares: list[Share] = Field(
        min_length=1, description="other dampings as shares of the Hessian's largest eigenvalue"
    )
    random_groups: int = Field(ge=1, le=1000, description="random groups for each seed image, to compare with")
