"""The configuration of the images and of the models that classify them."""

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class ImageModel(Section):
    """How one architecture is trained."""

    seeds: int = Field(ge=0, description="random starts; 0 leaves the model out")
    epochs: int = Field(ge=1, description="passes over the training images; time is proportional")
    batch_size: int = Field(ge=1, description="images in a mini-batch")
    learning_rate: float = Field(gt=0, description="of Adam at the first step")
    final_learning_rate: float = Field(gt=0, description="of Adam at the last step, reached geometrically")


class Images(Section):
    """Which images are used, three architectures, and the inverse of their last layers' Hessian."""

    train_images: int = Field(ge=100, le=50_000, description="the first so many training images")
    test_images: int = Field(ge=50, le=10_000, description="the first so many test images")
    download: bool = Field(description="download CIFAR-10 where CIFAR10_PATH does not name it")
    digits_seed: int = Field(ge=0, description="of the order of the digits that stand in for CIFAR-10")
    cnn: ImageModel
    resnet: ImageModel
    vgg19: ImageModel
    cutoff: float = Field(gt=0, lt=1, description="eigenvalues below this share of the largest count as zero")
    damping: float = Field(gt=0, description="λ of heads that are too large for an eigendecomposition")
    principal_directions: int = Field(ge=1, description="features kept of such heads in group searches")

    @model_validator(mode="after")
    def _cnn(self) -> "Images":
        if self.cnn.seeds < 1:
            raise ValueError("1 or more for cnn.seeds: every page with images shows the CNN")
        return self
