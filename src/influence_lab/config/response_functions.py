"""The configuration of page 03_response_functions."""

from typing import Annotated

from pydantic import Field, model_validator

from influence_lab.config.section import Section

Count = Annotated[int, Field(ge=1)]
Damping = Annotated[float, Field(gt=0)]
Decay = Annotated[float, Field(ge=0)]


class ResponseFunctions(Section):
    """Leave-one-out retraining, the stages between it and influence, and how influence fades and breaks."""

    seeds: int = Field(ge=2, description="starts of the smooth network, which intervals are over; at most toy.seeds")
    points: int = Field(ge=4, description="training points left out, each at every stage; cost is proportional")
    tests: int = Field(ge=2, description="test points whose losses are measured; at most toy.test_points")
    lengths: list[Count] = Field(min_length=1, description="epochs of training, each with the default damping")
    length: Count = Field(description="default number of epochs, one of lengths")
    dampings: list[Damping] = Field(min_length=1, description="λ of the local problems, with the default length")
    damping: Damping = Field(description="default λ, one of dampings")
    lissa_depth: int = Field(ge=1, description="steps of LiSSA; cost is linear in it")
    fading_points: int = Field(ge=3, description="points left out while the toy network trains on")
    fading_rate: float = Field(gt=0, description="step size of that full-batch gradient descent")
    fading_steps: list[Count] = Field(min_length=2, description="steps after which effects are measured, increasing")
    sweep_points: int = Field(ge=3, description="points left out of each network of the sweeps; cost is proportional")
    depths: list[Count] = Field(min_length=2, description="numbers of hidden layers")
    widths: list[Count] = Field(min_length=2, description="first hidden widths, the others in proportion")
    decays: list[Decay] = Field(min_length=2, description="weight decays of the sweep")
    convex_decay: float = Field(gt=0, description="λ of regularised logistic regression")

    @model_validator(mode="after")
    def _fits(self) -> "ResponseFunctions":
        if self.length not in self.lengths or self.damping not in self.dampings:
            raise ValueError("length one of lengths, and damping one of dampings")
        if self.fading_steps != sorted({*self.fading_steps}) or 10 not in self.fading_steps:
            raise ValueError("fading_steps increasing, 10 among them: claim B9 compares it with the last")
        return self
