"""The configuration of page 13_data_selection."""

from typing import Annotated

from pydantic import Field, model_validator

from influence_lab.config.section import Section
from influence_lab.data.selection_words import pool_size

Budget = Annotated[int, Field(ge=1)]


class DataSelection(Section):
    """What fine-tuning data is chosen from, by which budgets, and how models are fine-tuned on it."""

    seeds: int = Field(ge=2, description="worlds and random starts of the small GPT")
    targets: int = Field(ge=2, le=12, description="compounds that the small GPT is asked about")
    wrong: int = Field(ge=0, le=5, description="wrong statements in the pool on each unknown compound")
    budgets: list[Budget] = Field(min_length=1, description="texts of a choice")
    base_weight_decay: float = Field(gt=0, description="of the base model")
    first_steps: int = Field(ge=10, description="of Adam on the chosen texts")
    first_alpha: float = Field(gt=0, description="α₁ of (α₁/2)‖θ − θ₀‖², which keeps stage one near the base model")
    second_steps: int = Field(ge=10, description="of Adam on answered questions")
    second_alpha: float = Field(gt=0, description="α₂, which keeps stage two near stage one")
    reference_steps: int = Field(ge=10, description="of each stage of the reference model")
    learning_rate: float = Field(gt=0, description="of all stages, the largest; it ends at 0")
    removed: int = Field(ge=1, description="texts that are removed from the pool")
    removal_draws: int = Field(ge=1, description="random removals of each seed")
    language_seeds: int = Field(ge=2, description="draws of the language model's targets")
    language_targets: int = Field(ge=1, description="facts of a draw")
    language_budgets: list[Budget] = Field(min_length=1, description="texts of a choice for the language model")
    language_steps: int = Field(ge=1, description="steps on the chosen texts, all in each")
    language_learning_rate: float = Field(gt=0, description="of Adam, falling linearly to 0")
    recipe_texts: int = Field(ge=1, description="candidates that the recipe reckons with")
    recipe_cores: float = Field(gt=0, description="processor cores that a GPU is taken to be worth")

    @model_validator(mode="after")
    def _fits(self) -> "DataSelection":
        for budgets in (self.budgets, self.language_budgets):
            if sorted(set(budgets)) != budgets:
                raise ValueError("budgets in ascending order, each once")
        size = pool_size(self.wrong)
        if max(*self.budgets, self.removed) > size:
            raise ValueError(f"budgets and removed of at most {size}, the texts of the pool")
        if self.reference_steps < max(self.first_steps, self.second_steps):
            raise ValueError("reference_steps no fewer than first_steps and second_steps")
        return self
