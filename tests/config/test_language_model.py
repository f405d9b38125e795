from inspect import signature

import pytest
import yaml
from pydantic import ValidationError

from influence_lab.config.language_model import LanguageModel
from influence_lab.data.chemistry import chemistry_corpus
from influence_lab.data.compounds_file import read_compounds
from influence_lab.locations import ROOT


@pytest.fixture
def section():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["language_model"]


def test_the_default_takes_all_compounds_and_mistakes_and_more_are_refused(section):
    file = read_compounds()
    assert (section["compounds"], section["mistakes"]) == (len(file.compounds), len(file.mistakes))
    for key in ("compounds", "mistakes"):
        with pytest.raises(ValidationError, match=f"less than or equal to {section[key]}"):
            LanguageModel(**section | {key: section[key] + 1})


@pytest.mark.parametrize(("key", "value"), [("compounds", 0), ("element_texts", -1), ("longest_characters", 10)])
def test_values_out_of_range_are_refused(section, key, value):
    with pytest.raises(ValidationError, match="greater than or equal to"):
        LanguageModel(**section | {key: value})


@pytest.mark.parametrize("overlay", ["smoke", "full"])
def test_the_overlays_ask_for_no_more_texts_than_there_are(section, overlay):
    over = yaml.safe_load((ROOT / f"config/{overlay}.yaml").read_text(encoding="utf-8"))["language_model"]
    asked = {name: (section | over)[name] for name in signature(chemistry_corpus).parameters}
    corpus = chemistry_corpus(**asked)
    assert (corpus["kind"] == "element").sum() == over["element_texts"]


@pytest.mark.parametrize("key", ["own_prompt", "own_completion", "source", "layers"])
@pytest.mark.parametrize("empty", ["", " "])
def test_a_query_without_a_word_is_refused_before_anything_starts(section, key, empty):
    with pytest.raises(ValidationError, match="at least one word"):
        LanguageModel(**section | {key: empty})
