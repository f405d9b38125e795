"""The configuration of page 11_lm_scoreboard."""

from pydantic import Field

from influence_lab.config.section import Section


class LmScoreboard(Section):
    """What attribution methods are judged by, on the adapted language model and on the small GPT."""

    seed: int = Field(
        ge=0, description="draws random scores, orders of ties, bootstrap samples, labels of the Fisher information"
    )
    draws: int = Field(ge=20, description="bootstrap samples of each interval")
    retrieved: int = Field(ge=1, description="texts at the top of each method's list: retrieved, removed, stepped on")
    tail_rate: float = Field(gt=0, description="step size of the one gradient step")
    removal_queries: int = Field(ge=2, description="queries whose top texts the small GPT is retrained without")
    removal_seeds: int = Field(ge=1, description="starts of these retrainings, at most those of the small GPT")
    dampings: list[float] = Field(description="further λ of EK-FAC, as shares of the mean eigenvalue")
    newton_queries: int = Field(ge=2, description="queries with the Gauss-Newton matrix itself, by conjugate gradient")
    refit_queries: int = Field(ge=0, description="facts whose top texts the language model is adapted without")
