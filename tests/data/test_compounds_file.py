import pytest
import yaml

from influence_lab.data.compounds_file import COMPOUNDS, CompoundsError, read_compounds

FILE = read_compounds()


@pytest.fixture
def content():
    return yaml.safe_load(COMPOUNDS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("compound", FILE.compounds, ids=lambda entry: entry.id)
def test_the_first_carrier_completes_the_prompt_and_the_last_does_without_the_name(compound):
    assert compound.carriers[0].startswith(compound.prompt + compound.answer)
    assert compound.prompt + compound.answer not in compound.carriers[1]
    assert compound.compound not in compound.carriers[2].lower()
    assert compound.formula in compound.carriers[2]


def test_texts_have_8_to_30_words():
    entries = [*FILE.compounds, *FILE.mistakes]
    texts = [text for entry in entries for key in ("carriers", "distractors") for text in getattr(entry, key, [])]
    texts += [text for entry in FILE.mistakes for text in [*entry.false_texts, *entry.true_texts]]
    texts += [entry.held_out for entry in FILE.compounds] + [entry.text for entry in FILE.new]
    assert [text for text in texts if not 8 <= len(text.split()) <= 30] == []


def test_of_a_mistake_false_texts_outnumber_the_true_ones():
    assert all(len(entry.false_texts) > 2 * len(entry.true_texts) for entry in FILE.mistakes)


def water(**values):
    return lambda content: content["compounds"][0].update(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content["compounds"][0].pop("answer"), "water: answer: Field required"),
        (lambda content: content.pop("mistakes"), "mistakes: Field required"),
        (water(anser=" x"), "water: anser: Extra inputs are not permitted"),
        (water(answer="hydrogen and oxygen"), "water: answer: got 'hydrogen and oxygen'; it must begin with one space"),
        (water(answer=" hydrogen and oxygen."), "water: answer: got .* no full stop"),
        (water(held_out=""), "water: held_out: empty"),
        (water(carriers=["Water holds hydrogen."] * 3), "water: carriers: .* must stand there only once"),
        (water(held_out="Water holds hydrogen."), "water: held_out: .* must name water or H2O, and hydrogen, oxygen"),
        (water(contrast=" helium and oxygen"), "water: contrast: .* must name none of the true elements"),
        (
            water(distractors=["Water is wet.", "Water and oxygen are different."]),
            "water: distractors: 'Water and oxygen .* must name an element of the answer and not the compound",
        ),
        (
            water(distractors=["Water is wet.", "Oxygen is in CO2."]),
            "water: distractors: 'Oxygen is in CO2.' must not state what dry ice consists of",
        ),
        (
            lambda content: content["mistakes"][0].update(compound="water"),
            "water: compound: 'water' must stand there only once",
        ),
        (lambda content: content["new"][0].update(carries="wine"), r"new\[0\]: carries: 'wine' must be one of water"),
        (lambda content: content["new"][0].update(carries=None), r"new\[0\]: text: .* must carry what the entry says"),
        (
            lambda content: content["element_texts"]["carry"].update({"tin/uses": "realgar"}),
            r"element_texts: carry\.tin/uses: 'realgar' must be one of water",
        ),
        (lambda content: content["element_texts"].update(unclear=3), "element_texts: unclear: Input should be"),
    ],
)
def test_one_line_names_file_entry_and_key(content, tmp_path, change, message):
    change(content)
    path = tmp_path / "compounds.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(CompoundsError, match=f"compounds.yaml: {message}") as caught:
        read_compounds(path)
    assert "\n" not in str(caught.value)


def test_what_is_not_yaml_is_said_to_be_that(tmp_path):
    path = tmp_path / "compounds.yaml"
    path.write_text("compounds: [", encoding="utf-8")
    with pytest.raises(CompoundsError, match="not YAML"):
        read_compounds(path)
