import pandas as pd
import pytest

from influence_lab.evaluations.bench import COMPARISONS, speed_ratios


def costs(seconds: dict[str, float], widths=(4, 8)) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "width": width,
            "parameters": width**2,
            "method": method,
            "repeat": repeat,
            "seconds": width * time * (1 + repeat),
        }
        for width in widths
        for method, time in seconds.items()
        for repeat in range(3)
    )


SECONDS = {"G product": 1.0, "G": 8.0, "K-FAC": 2.0, "EK-FAC": 4.0, "blocks": 4.0, "Hessian": 16.0}


def test_ratios_are_paired_by_repeat_at_the_largest_common_width():
    table = costs(SECONDS)
    table = table[(table["method"] != "Hessian") | (table["width"] == 4)]  # Hessian was not timed at width 8
    ratios = {(entry["method"], entry["alternative"]): entry for entry in speed_ratios(table)}
    assert ratios.keys() == set(COMPARISONS)
    product = ratios["G product", "G"]
    assert (product["width"], product["times_faster"], product["least"], product["most"]) == (8, 8.0, 8.0, 8.0)
    assert ratios["G", "Hessian"]["width"] == 4


def test_a_method_that_was_not_timed_is_named():
    with pytest.raises(ValueError, match="G and Hessian were not timed"):
        speed_ratios(costs({method: value for method, value in SECONDS.items() if method != "Hessian"}))
