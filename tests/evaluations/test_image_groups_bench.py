from types import SimpleNamespace

import numpy as np
import pytest

from influence_lab.artifacts import write_arrays
from influence_lab.evaluations import image_groups_bench as bench
from influence_lab.evaluations.image_groups_bench import image_groups_bench, one_group, synthetic_features
from influence_lab.models.softmax_head import SoftmaxHead


def test_labels_of_the_synthetic_features_follow_the_layer():
    exported = synthetic_features(4000, 16)
    logits = exported["train_features"] @ exported["kernel"] + exported["bias"]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    own = p[np.arange(4000), exported["train_labels"]]
    assert abs(own.mean() - (p**2).sum(axis=1).mean()) < 0.02  # labels drawn from p; standard error below 0.005


def test_bench_times_every_size_and_agrees_with_influenciae():
    facts = image_groups_bench([200, 300], [64, 16], 5, 2, 50)
    assert [(case["images"], case["parameters"]) for case in facts["growth"]] == [(200, 650), (200, 170), (300, 650)]
    for case in facts["growth"][::2]:  # H with its blocks, its eigenvectors and the solver's work space: a few p × p
        assert 2 < case["megabytes"] * 1e6 / (8 * 650**2) < 10
    library = facts["influenciae"]
    assert library["group_calls_needed"] == 299 + 298 + 297 + 296
    assert library["influence_difference_with_its_cutoff"] < 1e-3  # single precision times the condition above the cut
    ours = np.array([one["total"] for one in facts["judged"]["rounds"]])
    call, one_pass, gradients, update = (
        np.array(library[f"{name}_seconds"]) for name in ("group_call", "pass", "gradients", "update")
    )
    expected = {  # 4 steps; a pass over 50 of 300 images
        "greedy_by_group_calls": (299 + 298 + 297 + 296) * call / ours,
        "greedy_by_passes": 4 * 6 * one_pass / ours,
        "gradients_once_our_update": (6 * gradients + update) / ours,
    }
    for name, ratios in expected.items():
        assert library[name] == pytest.approx({"median": ratios.mean(), "least": ratios.min(), "most": ratios.max()})


def test_each_stage_of_a_group_has_its_own_seconds(monkeypatch, tmp_path):
    """A clock that only the work moves forward: by another power of two in each stage."""
    clock = [0.0]
    monkeypatch.setattr(bench, "time", SimpleNamespace(perf_counter=lambda: clock[0]))

    def takes(seconds, owner, name):
        work = getattr(owner, name)

        def slow(*inputs):
            clock[0] += seconds
            return work(*inputs)

        monkeypatch.setattr(owner, name, slow)

    takes(1, bench, "read_heads")
    takes(2, bench, "workable")
    takes(4, SoftmaxHead, "hessian")
    takes(8, bench, "whitening")
    takes(16, bench, "grow_one")
    write_arrays(tmp_path / "features.npz", **synthetic_features(60, 4))
    found = one_group(tmp_path / "features.npz", 5)
    assert found == {"read": 1, "reduction": 2, "hessian": 4, "eigenvectors": 8, "search": 16, "total": 31}
