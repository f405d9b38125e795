"""The configuration of page 04_relative_influence."""

from pydantic import Field

from influence_lab.config.section import Section


class RelativeInfluence(Section):
    """Influence and its normalisations in three small worlds, drawn anew for each seed."""

    seeds: int = Field(ge=3, le=100, description="draws of data, starts and wrong labels; intervals are over them")
    train_rows: int = Field(ge=40, le=400, multiple_of=4, description="training rows; cost grows with the square")
    test_rows: int = Field(ge=8, le=160, multiple_of=4, description="test rows, whose losses are measured")
    hidden: int = Field(ge=3, le=20, description="tanh units of the toy network; cost grows with the square")
    weight_decay: float = Field(gt=0, description="λ of the toy network and of softmax regression")
    flipped_share: float = Field(ge=0.03, le=0.4, description="share of wrong training labels")
    cold_points: int = Field(ge=5, le=400, description="points of each seed removed with training from the start")
    bound: float = Field(ge=1e-5, le=1e-3, description="δ of the constrained maxima, parameter length or nats")
    damping: float = Field(gt=0, description="λ added to G of the report's network, which is at no minimum")
