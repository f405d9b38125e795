"""Two stages of fine-tuning after a choice of texts: on the choice, then on answered questions."""

from dataclasses import dataclass, replace

import numpy as np

from influence_lab.data.sequences import Sequences
from influence_lab.data.small_corpus_words import VOCABULARY
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_answers import answers
from influence_lab.models.small_gpt_stack import Parameters, stack
from influence_lab.models.small_gpt_training import Trained, Training, train
from influence_lab.models.small_gpt_tuning import Tuning, tuned

Array = np.ndarray


@dataclass(frozen=True)
class SelectionStages:
    r"""How models come to be: a base model, stage one on chosen texts, stage two on the lessons.

    Attributes:
        architecture: of all models.
        base: training of the base model.
        first: of stage one, near the base model: its `proximity` α₁ is that of
            $\frac1k\sum_{i \in S} L_i(\theta) + \frac{\alpha_1}{2}\|\theta - \theta_0\|^2$.
        second: of stage two, near the parameters of stage one.
        reference_steps: of Adam in each stage of the reference model, which is to end where gradients vanish.
    """

    architecture: Architecture
    base: Training
    first: Training
    second: Tuning
    reference_steps: int

    def longer(self) -> "SelectionStages":
        """The same stages with the steps of the reference model."""
        return replace(
            self,
            first=replace(self.first, steps=self.reference_steps),
            second=replace(self.second, steps=self.reference_steps),
        )

    def base_model(self, texts: Sequences, seed: int) -> Parameters:
        """The base model, stacked as one."""
        start = stack([dict(SmallGPT(self.architecture, seed).named_parameters())])
        return train(self.architecture, self.base, texts, np.ones((1, len(texts))), start, len(texts)).parameters

    def on_texts(self, base: Parameters, pool: Sequences, weights: Array, documents: int) -> Trained:
        """Stage one, a model for each row of weights (M, n), the mean over `documents` texts."""
        starts = {name: values.expand(len(weights), *values.shape[1:]).clone() for name, values in base.items()}
        return train(self.architecture, self.first, pool, weights, starts, documents)

    def on_lessons(self, parameters: Parameters, lessons: Sequences) -> Trained:
        """Stage two of every model."""
        return tuned(SmallGPT(self.architecture), parameters, lessons, self.second)

    def answers(self, parameters: Parameters, questions: Sequences) -> tuple[Array, Array]:
        """Log p of each answer in nats, and whether every token of it is the most probable; shapes (M, m)."""
        return answers(self.architecture, parameters, questions)

    def model(self, parameters: Parameters) -> SmallGPT:
        """The first of the stacked models, as a module."""
        model = SmallGPT(self.architecture)
        model.load_state_dict({name: values[0] for name, values in parameters.items()})
        return model.eval()


def selection_stages(small_gpt: dict[str, float], values: dict[str, float]) -> SelectionStages:
    """The stages with the sizes, steps and rate of the configuration's small GPT, and the page's own values."""
    sizes = {name: small_gpt[name] for name in ("width", "heads", "layers")}
    return SelectionStages(
        Architecture(len(VOCABULARY), **sizes),
        Training(small_gpt["steps"], small_gpt["learning_rate"], values["base_weight_decay"]),
        Training(values["first_steps"], values["learning_rate"], 0.0, values["first_alpha"]),
        Tuning(values["second_alpha"], values["second_steps"], values["learning_rate"]),
        values["reference_steps"],
    )
