"""The configuration of page 01_taylor_neumann."""

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class TaylorNeumann(Section):
    """Up-weighting, Taylor step and Neumann series on four small models."""

    seed: int = Field(ge=0, description="draws the test rows, the network's rows and start, and the up-weighted points")
    points: int = Field(ge=2, le=100, description="training points up-weighted in each model; cost is linear in it")
    epsilons: int = Field(ge=6, le=50, description="values of |ε| for each slope, refitted with both signs")
    smallest_scaled: float = Field(ge=0.005, le=0.02, description="smallest |ε|ρ(a⁻¹b) of the slopes")
    largest_scaled: float = Field(ge=0.03, le=0.1, description="largest |ε|ρ(a⁻¹b) of the slopes; 1 is the radius")
    ridge: float = Field(gt=0, description="λ of ridge regression: (λ/2)‖θ‖² beside the mean loss")
    weight_decay: float = Field(gt=0, description="λ of the network, the same term")
    hidden: int = Field(ge=1, le=20, description="tanh units of the network")
    network_rows: int = Field(ge=20, le=500, description="training rows of the network; cost is linear in it")
    difference_step: float = Field(gt=0, le=0.01, description="|ε|ρ(a⁻¹b) of the central finite differences")

    @model_validator(mode="after")
    def _enough_rows(self) -> "TaylorNeumann":
        if self.points > self.network_rows // 4:  # points are drawn from a quarter of the rows
            raise ValueError(f"points at most network_rows / 4 = {self.network_rows // 4}")
        return self
