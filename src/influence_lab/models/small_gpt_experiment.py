"""The small GPT on its corpus: training of the base model, and real retrainings on parts of the texts."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from influence_lab.data.sequences import Sequences, joined
from influence_lab.data.small_corpus import CONTEXT, split_of
from influence_lab.data.small_corpus_words import VOCABULARY
from influence_lab.models.retraining import one_thread
from influence_lab.models.retraining_store import Store, hash_of, hash_of_code
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.small_gpt_stack import Parameters, flattened, stack, text_log_probabilities
from influence_lab.models.small_gpt_training import Trained, Training, train

Array = np.ndarray
CHUNK = 12  # models trained side by side: their numbers stay in the processor's cache
RETRAINED = ("outputs", "gradient_norms", "parameters")


@dataclass(frozen=True)
class Experiment:
    """Everything that a retraining needs but the weights of the texts and the seed.

    Attributes:
        architecture: of the models.
        training: how.
        texts: n training texts.
        queries: m prompts with completions, whose log-probabilities are measured.
        documents: n of the objective's mean; that of the base model's corpus, also where `texts` holds more.
    """

    architecture: Architecture
    training: Training
    texts: Sequences
    queries: Sequences
    documents: int

    def base_model(self, seed: int) -> dict[str, Array]:
        """Parameters by name after training on the whole corpus."""
        trained = self.train(np.ones((1, len(self.texts))), seed)
        return {name: values[0].numpy() for name, values in trained.parameters.items()}

    def train(self, weights: Array, seed: int) -> Trained:
        """Train one model for each row of weights (M, n), all from the random start of one seed."""
        start = stack([dict(SmallGPT(self.architecture, seed).named_parameters())] * len(weights))
        return train(self.architecture, self.training, self.texts, weights, start, self.documents)

    def outputs(self, parameters: Parameters) -> Array:
        """Log p of each query's completion, summed over its tokens, for stacked parameters; shape (M, m), float32."""
        with torch.no_grad(), one_thread():
            return text_log_probabilities(SmallGPT(self.architecture), parameters, self.queries).numpy()


def small_gpt_experiment(corpus: dict[str, Array], values: dict[str, float]) -> Experiment:
    """The experiment on a corpus's arrays, with sizes and training from the configuration."""
    sizes = {name: values[name] for name in ("width", "heads", "layers")}
    texts = split_of(corpus, "train")
    return Experiment(
        Architecture(len(VOCABULARY), CONTEXT, **sizes),
        Training(**{name: value for name, value in values.items() if name not in sizes}),
        texts,
        split_of(corpus, "query"),
        len(texts),
    )


def small_gpt_model(parameters: dict[str, Array], heads: int) -> SmallGPT:
    """The model with the parameters of an artifact, in their precision; all sizes but the heads are in their shapes."""
    (vocabulary, width), context = parameters["tokens.weight"].shape, len(parameters["positions.weight"])
    layers = sum(name.endswith("mlp.up.weight") for name in parameters)
    model = SmallGPT(Architecture(vocabulary, context, width, heads, layers))
    model.to(torch.from_numpy(parameters["tokens.weight"]).dtype)
    model.load_state_dict({name: torch.tensor(values) for name, values in parameters.items()})
    return model.eval()


def retrained_outputs(
    experiment: Experiment, weights: Array, seed: int, folder: Path | str | None = None
) -> dict[str, Array]:
    """Train the small GPT from one start with each row of weights, and ask the queries.

    With a folder, each finished chunk of models is kept there, and a run that was killed goes on with what is
    missing; remove the folder once the result is stored elsewhere.

    Args:
        experiment: corpus, queries and training.
        weights: of each text in each model's objective, shape (M, n); 0 where it is left out.
        seed: of the start.
        folder: where finished chunks are kept, or None.

    Returns:
        `outputs`, shape (M, m); `gradient_norms` of the objective at the end, shape (M,); `parameters`, shape (M, p),
        in the order of `flattened`.

    Raises:
        OtherWorkError: the folder holds chunks of other work.
    """
    store = None if folder is None else Store(folder, _facts(experiment, weights, seed))
    done = []
    for number, first in enumerate(tqdm(range(0, len(weights), CHUNK), unit="chunk", disable=None)):
        arrays = None if store is None else store.read(number)
        if arrays is None:
            trained = experiment.train(weights[first : first + CHUNK], seed)
            arrays = {
                "outputs": experiment.outputs(trained.parameters),
                "gradient_norms": trained.gradient_norms,
                "parameters": flattened(trained.parameters)[0].numpy(),
            }
            if store is not None:
                store.write(number, arrays)
        done.append(arrays)
    return {name: np.concatenate([arrays[name] for arrays in done]) for name in RETRAINED}


def with_new_texts(experiment: Experiment, new: Sequences) -> Experiment:
    """The experiment with further texts behind its n, and with the objective's mean still over n.

    A weight of 1 for new text j adds it with ε = +1/n, a weight of 0 leaves it out.
    """
    return replace(experiment, texts=joined([experiment.texts, new]))


def _facts(experiment: Experiment, weights: Array, seed: int) -> dict[str, object]:
    """What the outputs depend on."""
    arrays = {"texts": experiment.texts, "queries": experiment.queries}
    hashes = {name: hash_of(tuple(vars(part).values())) for name, part in arrays.items()}
    values = asdict(experiment.architecture) | asdict(experiment.training) | {"documents": experiment.documents}
    code = hash_of_code(Path(__file__))
    return hashes | values | {"weights": hash_of((weights,)), "seed": seed, "chunk": CHUNK, "code": code}
