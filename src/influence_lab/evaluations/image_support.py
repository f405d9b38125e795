"""Whether the images and the models of this run can support a verdict on the report's claims about CIFAR-10."""

LEAST_ACCURACY = 0.55  # below, a model has learnt too little for its groups to say anything about the claims


def why_open(source: str, accuracies: dict[str, float]) -> str | None:
    """Why the claims about CIFAR-10 stay open in this run, or None where they can be judged.

    Args:
        source: where the images come from, "cifar10" or "digits".
        accuracies: test accuracy of each model that the verdict rests on, by its name as a reader sees it.

    >>> why_open("digits", {})
    'CIFAR-10 was not there'
    >>> why_open("cifar10", {"CNN, seed 0": 0.41, "ResNet, seed 0": 0.66})
    'CNN, seed 0 reached a test accuracy of 41.0 %, below the 55 % that a verdict needs'
    """
    if source != "cifar10":
        return "CIFAR-10 was not there"
    for name, accuracy in accuracies.items():
        if not accuracy >= LEAST_ACCURACY:  # NaN supports nothing
            return f"{name} reached a test accuracy of {100 * accuracy:.1f} %, below the 55 % that a verdict needs"
    return None
