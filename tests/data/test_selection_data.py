import pytest

from influence_lab.data.small_candidates import candidate_sequences, small_candidates
from influence_lab.data.small_corpus_words import FACTS, PROMPT
from influence_lab.data.small_domains import DOMAINS, domain_sequences, small_domains
from influence_lab.data.small_reasoning import (
    KINDS,
    TooManyProblemsError,
    problem,
    reasoning_sequences,
    small_reasoning,
)

COUNTS = {"math easy": 10, "math hard": 12, "code easy": 9, "code hard": 14}
PROBLEMS = small_reasoning(0, COUNTS, spare=3, asked=4, wrong=0.25)
DOMAIN_TEXTS = small_domains(0, statements=3, others=12, wrong=6, asked=3)
CANDIDATES = small_candidates(0, statements=3, wrong=0.3, others=10, asked=4, teachers=2)


def total(prompt):
    return sum(int(word) for word in prompt.split() if word.isdigit())


def test_right_solutions_end_in_the_sum_and_wrong_ones_do_not():
    for row in PROBLEMS.itertuples():
        assert (int(row.solution.split()[-1]) == total(row.prompt)) == row.right


def test_mistakes_are_in_training_alone_and_as_many_as_asked_for():
    wrong = PROBLEMS[~PROBLEMS["right"]]
    assert set(wrong["split"]) == {"train"}
    assert wrong.groupby("kind").size().to_dict() == {kind: int(0.25 * count) for kind, count in COUNTS.items()}


def test_no_problem_comes_twice_and_each_split_has_its_number():
    assert not PROBLEMS["prompt"].duplicated().any()
    sizes = PROBLEMS.groupby(["split", "kind"]).size()
    assert all(sizes["train", kind] == COUNTS[kind] and sizes["spare", kind] == 3 for kind in KINDS)
    assert all(sizes[split, kind] == 4 for split in ("target", "test") for kind in KINDS)


def test_the_loss_of_the_solution_counts_and_that_of_its_end():
    counted = reasoning_sequences(PROBLEMS).weights.sum(axis=1)
    assert counted.tolist() == [len(solution.split()) + 1 for solution in PROBLEMS["solution"]]


def test_a_mistake_is_carried_on():
    assert problem("math hard", [2, 3, 4], mistake=-1)[1] == "4 + 4 = 8"


def test_more_problems_than_there_are_is_an_error():
    with pytest.raises(TooManyProblemsError, match="math easy: 80"):
        small_reasoning(0, COUNTS | {"math easy": 60}, spare=10, asked=5, wrong=0.0)


def test_target_and_test_have_each_capability_as_often_and_share_nothing_with_training():
    for split in ("target", "test"):
        asked = DOMAIN_TEXTS[DOMAIN_TEXTS["split"] == split]
        assert asked.groupby("domain").size().to_dict() == dict.fromkeys(DOMAINS[:4], 3)
    assert (
        not DOMAIN_TEXTS[DOMAIN_TEXTS["split"] != "train"]
        .merge(DOMAIN_TEXTS[DOMAIN_TEXTS["split"] == "train"], on="text")
        .size
    )


def test_every_domain_is_trained_on():
    assert set(DOMAIN_TEXTS.loc[DOMAIN_TEXTS["split"] == "train", "domain"]) == set(DOMAINS)


def test_of_a_domain_s_questions_the_answer_alone_counts():
    asks = DOMAIN_TEXTS["text"].str.contains(PROMPT.format(compound="").strip())
    assert set(domain_sequences(DOMAIN_TEXTS).weights[asks].sum(axis=1)) == {3}


def test_more_questions_than_compounds_is_an_error():
    with pytest.raises(ValueError, match="are asked about"):
        small_domains(0, statements=1, others=4, wrong=2, asked=7)


def compounds(rows):
    return {word for text in rows["text"] for word in text.split() if word in FACTS}


def test_the_base_model_is_never_told_what_target_and_test_ask():
    told = CANDIDATES[(CANDIDATES["split"] == "base") & (CANDIDATES["kind"] == "question")]
    asked = {split: compounds(CANDIDATES[CANDIDATES["split"] == split]) for split in ("target", "test")}
    assert not asked["target"] & asked["test"]
    assert not compounds(told) & (asked["target"] | asked["test"])


def test_a_question_is_extracted_from_each_statement_and_from_nothing_else():
    stated = CANDIDATES["kind"].isin(["family", "other", "wrong"]) & (CANDIDATES["split"] == "candidate")
    assert ((CANDIDATES["extracted"] != "") == stated).all()


def test_of_the_target_s_questions_the_answer_alone_counts():
    asks = CANDIDATES["split"].isin(["target", "test"]).to_numpy()
    assert set(candidate_sequences(CANDIDATES).weights[asks].sum(axis=1)) == {3}


def test_a_family_that_is_all_taught_or_asked_leaves_no_test():
    with pytest.raises(ValueError, match="leave none"):
        small_candidates(0, statements=1, wrong=0.0, others=4, asked=12, teachers=4)
