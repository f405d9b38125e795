"""The configuration of page 13_selection_systems."""

from pydantic import Field, model_validator

from influence_lab.config.section import Section


class SmallTraining(Section):
    """Adam on a small GPT, with all texts in each step."""

    steps: int = Field(ge=10, description="of Adam; time is proportional")
    learning_rate: float = Field(gt=0, description="the largest; it ends at 0")


class SmallIdeal(Section):
    """Mixture weights of domains by influence."""

    statements: int = Field(ge=1, le=5, description="training texts on each well-known compound; the others have one")
    others: int = Field(ge=4, le=20, description="texts on properties, and as many on elements")
    wrong: int = Field(ge=1, le=24, description="wrong statements, each on another compound")
    asked: int = Field(ge=1, le=6, description="texts of each capability in the target, and as many in the test")
    rounds: int = Field(ge=1, description="moves of the mixture, each after a fine-tuning")
    step: float = Field(gt=0, le=2, description="of a move: the largest change of a logarithm of a share")
    random: int = Field(ge=1, description="mixtures drawn at random")
    change: float = Field(gt=0, lt=1, description="of one domain's weight, for slopes by real fine-tuning")
    proximity: float = Field(gt=0, description="α of fine-tuning: λ of the Gauss-Newton matrix, and a part of EK-FAC's")
    layered: int = Field(ge=1, description="of the first runs, in which the curvature is also split by layers")
    check_width: int = Field(ge=4, multiple_of=2, description="of the float64 model whose derivative is checked")


class SmallEqual(Section):
    """A bandit over clusters with an optimal-transport reward."""

    statements: int = Field(ge=1, le=6, description="candidates on each compound")
    wrong: float = Field(ge=0, lt=1, description="share of them with a wrong pair")
    others: int = Field(ge=4, le=30, description="candidates on elements")
    asked: int = Field(ge=2, le=7, description="compounds of the family in the target")
    teachers: int = Field(ge=1, le=4, description="compounds of either family with a question in the base texts")
    clusters: int = Field(ge=3, description="arms of the bandit")
    pull: int = Field(ge=1, description="candidates a pull")
    scored: int = Field(ge=3, description="candidates that the bandit may score")
    extracted: int = Field(ge=2, description="statements whose questions align the embeddings")
    exploration: float = Field(ge=0, description="of the upper confidence bound")
    budget: int = Field(ge=4, description="texts to fine-tune on")
    proximity: float = Field(gt=0, description="α of fine-tuning")


class SmallInfra(Section):
    """Influence of reasoning texts and tokens."""

    easy: int = Field(ge=6, le=22, description="training problems of each easy kind")
    hard: int = Field(ge=6, le=60, description="training problems of each hard kind")
    spare: int = Field(ge=1, description="right problems of each kind that are kept back")
    asked: int = Field(ge=2, description="problems of each kind in the target, and as many in the test")
    wrong: float = Field(ge=0, lt=1, description="share of the training texts with a mistake")
    dropped: float = Field(gt=0, lt=1, description="share of the texts left out, and of the tokens masked")
    moved: int = Field(ge=1, description="texts of a subject that change their difficulty")
    steps: int = Field(ge=10, description="of Adam; time is proportional")

    @model_validator(mode="after")
    def _problems_suffice(self) -> "SmallInfra":
        if self.moved > self.spare:
            raise ValueError("moved at most spare")
        levels = (self.easy, self.hard)
        if self.moved > min(count - int(self.wrong * count) for count in levels):
            raise ValueError("moved at most the right training texts of either difficulty")
        if not any(int(self.wrong * count) for count in levels):
            raise ValueError("wrong large enough for one wrong text")
        if self.easy + self.spare + 2 * self.asked > 45:
            raise ValueError("easy + spare + 2 asked at most 45, the number of different sums")
        return self


class SelectionSystems(Section):
    """Small versions of IDEAL, EQUAL and Infra."""

    seeds: int = Field(ge=2, description="runs of each system: texts, starts, draws")
    width: int = Field(ge=8, multiple_of=4, description="of all models but the checked one")
    base: SmallTraining
    tuning: SmallTraining
    weight_decay: float = Field(gt=0, description="λ of (λ/2)‖θ‖² where models are not fine-tuned")
    ideal: SmallIdeal
    equal: SmallEqual
    infra: SmallInfra
