"""The configuration of page 10_token_influence."""

from pydantic import Field

from influence_lab.config.section import Section


class TokenInfluence(Section):
    """Token splits and questions on the language model, and their checks on small models."""

    top: int = Field(ge=1, description="texts of a page's list, the k of precision at k")
    queries: int = Field(ge=1, description="queries whose texts are split into tokens, the reader's own first")
    texts: int = Field(ge=1, description="texts split for each, most positive and most negative; time is proportional")
    checked_texts: int = Field(ge=2, description="texts of the small model whose derivatives are checked")
    checked_width: int = Field(ge=4, multiple_of=2, description="width of that model; time grows with the 4th power")
    checked_steps: int = Field(ge=10, description="steps of its training")
    damping: float = Field(gt=0, description="added to its curvature")
    epsilon: float = Field(gt=0, lt=1e-3, description="of its central differences")
    additions: int = Field(ge=2, le=12, description="new sentences that the language model is really trained with")
    addition_seeds: int = Field(ge=2, description="starts from which the small GPT is trained with each new sentence")
