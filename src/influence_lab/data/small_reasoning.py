"""Short sums, chains of sums with their steps, and small programs, some with a wrong solution; a word is a token."""

from itertools import product

import numpy as np
import pandas as pd

from influence_lab.data.sequences import Sequences, pack

Array = np.ndarray
PAD, BEGIN, END = "<pad>", "<begin>", "<end>"
LARGEST = 10  # no number is larger: every addition is one fact, a + b = c, to be learnt by heart
KINDS = ("math easy", "math hard", "code easy", "code hard")
SPLITS = ("train", "spare", "target", "test")
CONTEXT = 20  # tokens that the model reads
VOCABULARY = (PAD, BEGIN, END, *map(str, range(LARGEST + 1)), "+", "=", ";", "x", "y", "print", "->")
_NUMBERS = {word: number for number, word in enumerate(VOCABULARY)}


class TooManyProblemsError(ValueError):
    """There are not as many different problems of a kind."""


def small_reasoning(seed: int, counts: dict[str, int], spare: int, asked: int, wrong: float) -> pd.DataFrame:
    """Draw problems of each kind, none twice, and write their solutions.

    Args:
        seed: draws problems and mistakes.
        counts: training texts by kind.
        spare: further right texts of each kind that training leaves out: volume that can be moved in.
        asked: problems of each kind with the right solution, as many for the target and for the test.
        wrong: share of the training texts of each kind with a mistake, rounded down.

    Returns:
        A row a text, with columns `prompt`, `solution`, `kind`, `right` and `split` (train, spare, target or test).

    Raises:
        TooManyProblemsError: a kind has too few different problems.
    """
    rng, rows = np.random.default_rng(seed), []
    for kind in KINDS:
        problems = [numbers for numbers in product(range(1, LARGEST), repeat=_terms(kind)) if sum(numbers) <= LARGEST]
        wanted = [counts[kind], spare, asked, asked]
        if sum(wanted) > len(problems):
            raise TooManyProblemsError(f"{kind}: {sum(wanted)} problems asked for, there are {len(problems)}")
        drawn = rng.permutation(problems)[: sum(wanted)].tolist()
        splits = np.repeat(SPLITS, wanted)
        for place, (numbers, split) in enumerate(zip(drawn, splits, strict=True)):
            mistaken = place < int(wrong * counts[kind])
            mistake = -1 if sum(numbers) == LARGEST else int(rng.choice([-1, 1]))  # no number is larger
            prompt, solution = problem(kind, numbers, mistake if mistaken else 0)
            rows.append((prompt, solution, kind, not mistaken, str(split)))
    table = pd.DataFrame(rows, columns=["prompt", "solution", "kind", "right", "split"])
    return table.sort_values("split", key=lambda names: names.map(SPLITS.index), kind="stable", ignore_index=True)


def problem(kind: str, numbers: list[int], mistake: int = 0) -> tuple[str, str]:
    """A problem and its solution; a mistake is added to the first sum, and later steps go on with it.

    >>> problem("math hard", [2, 3, 4])
    ('2 + 3 + 4 =', '5 + 4 = 9')
    >>> problem("code easy", [2, 3], mistake=1)
    ('x = 2 ; print x + 3 ->', '6')
    """
    first = numbers[0] + numbers[1] + mistake
    total = str(first + sum(numbers[2:]))
    match kind:
        case "math easy":
            return f"{numbers[0]} + {numbers[1]} =", total
        case "math hard":
            return f"{' + '.join(map(str, numbers))} =", f"{first} + {numbers[2]} = {total}"
        case "code easy":
            return f"x = {numbers[0]} ; print x + {numbers[1]} ->", total
        case _:
            return f"x = {numbers[0]} ; y = x + {numbers[1]} ; print y + {numbers[2]} ->", total


def reasoning_sequences(table: pd.DataFrame) -> Sequences:
    """The texts as token arrays (n, T): the loss of the solution counts, and that of the end mark behind it."""
    prompts = [[BEGIN, *prompt.split()] for prompt in table["prompt"]]
    texts = [[*prompt, *solution.split(), END] for prompt, solution in zip(prompts, table["solution"], strict=True)]
    tokens = [[_NUMBERS[word] for word in text] for text in texts]
    return pack(tokens, [len(prompt) for prompt in prompts], CONTEXT, table["prompt"].tolist(), pad=0)


def _terms(kind: str) -> int:
    return 3 if kind.endswith("hard") else 2
