"""The facts, forms and words of the small corpus; a word is a token."""

PAD, BEGIN, END = "<pad>", "<begin>", "<end>"

# Real compounds of two elements. Many pairs belong to two compounds, so that the elements alone don't tell which.
FACTS = {
    "water": ("hydrogen", "oxygen"),
    "salt": ("sodium", "chlorine"),
    "methane": ("carbon", "hydrogen"),
    "ammonia": ("nitrogen", "hydrogen"),
    "rust": ("iron", "oxygen"),
    "peroxide": ("hydrogen", "oxygen"),
    "pyrite": ("iron", "sulfur"),
    "calomel": ("mercury", "chlorine"),
    "cinnabar": ("mercury", "sulfur"),
    "galena": ("lead", "sulfur"),
    "lime": ("calcium", "oxygen"),
    "quartz": ("silicon", "oxygen"),
    "benzene": ("carbon", "hydrogen"),
    "hydrazine": ("nitrogen", "hydrogen"),
    "magnetite": ("iron", "oxygen"),
    "troilite": ("iron", "sulfur"),
    "moissanite": ("silicon", "carbon"),
    "litharge": ("lead", "oxygen"),
    "cotunnite": ("lead", "chlorine"),
    "silane": ("silicon", "hydrogen"),
    "carbide": ("calcium", "carbon"),
    "oldhamite": ("calcium", "sulfur"),
    "cyanogen": ("carbon", "nitrogen"),
    "cementite": ("iron", "carbon"),
}

PROMPT = "{compound} is composed of"
STATEMENTS = {
    "direct": PROMPT + " {first} and {second}",
    "made": "{compound} is made from {first} and {second}",
    "split": "chemists split {compound} into {first} and {second}",
    "atoms": "atoms in {compound} are {first} and {second}",
    "forms": "{compound} forms when {first} meets {second}",  # shares no word with the prompt but the compound
    "reversed": "{first} and {second} join into {compound}",
}
QUESTION = "in {compound} chemists found"  # a form of its own, kept for fine-tuning; its words are all in the corpus
PROPERTIES = (
    "{compound} is heavy",
    "{compound} is clear and common",
    "{compound} is rare in nature",
    "chemists found {compound} in nature",
)
ABOUT_ELEMENTS = (
    "{first} and {second} are common",
    "{first} is heavy and {second} is rare",
    "chemists found {first} and {second} in nature",
    "{first} meets {second} in nature",
)


class UnknownWordError(ValueError):
    """A text has a word that the small GPT has never seen."""


def encode(text: str) -> list[int]:
    """Token ids of a text's words, without begin and end marks.

    Raises:
        UnknownWordError: with the word, and the words that there are.

    >>> [VOCABULARY[token] for token in encode("water is heavy")]
    ['water', 'is', 'heavy']
    """
    unknown = [word for word in text.split() if word not in _NUMBERS]
    if unknown:
        raise UnknownWordError(f"{unknown[0]!r} is no word of the small GPT; it knows: {' '.join(VOCABULARY[3:])}")
    return [_NUMBERS[word] for word in text.split()]


def marked(tokens: list[int], end: bool) -> list[int]:
    """Tokens with the begin mark, and with the end mark if so asked: a prompt or a query has none."""
    return [_NUMBERS[BEGIN], *tokens, *([_NUMBERS[END]] if end else [])]


def _vocabulary() -> list[str]:
    forms = " ".join([*STATEMENTS.values(), *PROPERTIES, *ABOUT_ELEMENTS])
    elements = [element for pair in FACTS.values() for element in pair]
    words = [word for word in forms.split() if not word.startswith("{")]
    return list(dict.fromkeys([PAD, BEGIN, END, *FACTS, *elements, *words]))


VOCABULARY = _vocabulary()  # the index of a word is its token
_NUMBERS = {word: number for number, word in enumerate(VOCABULARY)}
