import pytest

from influence_lab.evaluations.language_cost import CostPlan, growth_cost, rank_cost


@pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13
def test_every_stage_of_every_size_is_timed_once():
    """Weights of the MLP layers of a Llama: 3 · width · inner width for each block."""
    plan = CostPlan(texts=[2], tokens=8, widths=[128, 64], depth=1, queries=2, repeats=1, seed=0)
    table = growth_cost(plan)
    assert table.groupby("width").size().to_dict() == {64: 5, 128: 5}
    assert set(table["stage"]) == {"covariance", "eigen", "lambda", "scores", "gradients"}
    assert (table["seconds"] > 0).all()
    assert (table["weights"] == 3 * table["width"] * (8 * table["width"] // 3)).all()
    assert table["peak_mb"].is_monotonic_increasing


def test_a_rank_takes_its_two_factors_and_the_full_matrix_all_numbers():
    table = rank_cost([1, 3], (6, 4), texts=2, tokens=3, seed=0).set_index("rank")
    assert table["numbers"].to_dict() == {1: 10, 3: 30, 0: 24}
    assert (table["microseconds"] > 0).all()
