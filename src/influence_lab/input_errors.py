"""What is wrong with something that a person gave."""


class InputError(ValueError):
    """A text, query, model or setting cannot be used; the message says which, and the remedy: all that is needed."""
