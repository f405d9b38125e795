"""The configuration of the small GPT, its corpus, and its real retrainings."""

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class SmallGPT(Section):
    """A generated corpus, the GPT that learns it, and what is retrained for ground truth."""

    corpus_seed: int = Field(ge=0, description="draws the texts")
    compounds: int = Field(ge=4, le=24, description="compounds whose composition is stated, each with a query")
    statements: int = Field(ge=2, le=5, description="texts that state a compound's composition, each in another form")
    misled: int = Field(ge=1, description="compounds of which all statements but one are wrong")
    properties: int = Field(ge=0, description="texts that say something else about a compound")
    elements: int = Field(ge=0, le=24, description="texts about elements without a compound")
    new: int = Field(ge=3, description="texts kept out of training")
    width: int = Field(ge=8, description="of the stream of activations")
    heads: int = Field(ge=1, description="of attention; the width is a multiple")
    layers: int = Field(ge=1, description="of the model")
    steps: int = Field(ge=10, description="of Adam with all texts in each")
    learning_rate: float = Field(gt=0, description="the largest; it ends at 0")
    weight_decay: float = Field(gt=0, description="λ of (λ/2)‖θ‖², which makes minima isolated")
    seeds: int = Field(ge=1, description="random starts, each with retrainings of its own")
    left_out: int = Field(ge=1, description="training texts that are left out one at a time; all where there are fewer")
    subsets: int = Field(ge=2, description="random subsets that are trained on, the same for each seed")
    alpha: float = Field(gt=0, lt=1, description="share of the training texts in a subset")

    @model_validator(mode="after")
    def _fits(self) -> "SmallGPT":
        if self.width % self.heads:
            raise ValueError("width a multiple of heads")
        if max(self.misled, self.properties, self.new) > self.compounds:
            raise ValueError("misled, properties and new at most compounds")
        return self
