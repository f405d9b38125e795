"""The configuration of page 11_scaling_to_corpora."""

from itertools import pairwise

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class ScalingToCorpora(Section):
    """Prefilters, low-rank query gradients and the cost of influence as corpus and model grow."""

    seed: int = Field(ge=0, description="draws the models and texts whose cost is measured")
    top: int = Field(ge=1, description="most influential texts that a filter should keep")
    share: float = Field(gt=0, lt=1, description="of the corpus that a filter keeps, for the verdict")
    kept: int = Field(ge=1, description="texts that the search engine hands to influence")
    searched_queries: int = Field(ge=1, description="queries for which search, then influence, is run")
    queries: int = Field(ge=2, description="fact queries whose gradients are cut to low rank")
    ranks: list[int] = Field(min_length=2, description="ranks of query gradients, rising")
    rank: int = Field(ge=1, description="rank of the verdict and of kronfluence's own cut, one of `ranks`")
    ranked_queries: int = Field(ge=1, description="of them, those whose gradients' ranks are counted")
    batched_queries: int = Field(ge=8, description="queries that kronfluence scores in one batch")
    batched_texts: int = Field(ge=2, description="texts that it scores them on")
    cost_texts: list[int] = Field(
        min_length=3, description="numbers of texts, at the second width, at which cost is measured"
    )
    cost_tokens: int = Field(ge=8, description="tokens of each of these texts")
    cost_widths: list[int] = Field(
        min_length=4, description="widths of random models, multiples of 64, at the first number of texts"
    )
    cost_depth: int = Field(ge=1, description="blocks of a random model, all of them attributed")
    cost_queries: int = Field(ge=1, description="queries in the batch whose cost is measured")
    cost_repeats: int = Field(ge=1, description="times that each cost is measured")

    @model_validator(mode="after")
    def _ranks_rise_and_hold_the_rank(self) -> "ScalingToCorpora":
        if self.ranks[0] < 1 or any(low >= high for low, high in pairwise(self.ranks)) or self.rank not in self.ranks:
            raise ValueError("ranks that rise, from 1 on, with `rank` among them")
        return self

    @model_validator(mode="after")
    def _widths_are_whole_heads(self) -> "ScalingToCorpora":
        if any(width <= 0 or width % 64 for width in self.cost_widths):
            raise ValueError("cost_widths that are multiples of 64, the width of an attention head")
        return self
