"""Wordings of the selection's pool and questions, and how many texts they make; read by the configuration too."""

from influence_lab.data.small_corpus_words import FACTS, STATEMENTS

FORWARD = {name: form for name, form in STATEMENTS.items() if name != "reversed"}  # the compound comes first
BACKWARD = {  # the same facts: nothing asks for the elements after the compound
    "reversed": STATEMENTS["reversed"],
    "met": "{first} meets {second} when {compound} forms",
    "from": "from {first} and {second} chemists made {compound}",
}
GIVEN = "nature forms {compound} from"  # a question's wording for the selection; for the score it is QUESTION


def pool_size(wrong: int) -> int:
    """Texts in the pool of `selection_world` with so many wrong statements on each unknown compound."""
    half = len(FACTS) // 2
    return half * (len(FORWARD) + len(BACKWARD) + wrong + 2) + 2 * half
