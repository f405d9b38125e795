import numpy as np

from influence_lab.evaluations.image_groups_bench import BASELINES, image_groups_bench, synthetic_features


def test_labels_of_the_synthetic_features_follow_the_layer():
    exported = synthetic_features(4000, 16)
    logits = exported["train_features"] @ exported["kernel"] + exported["bias"]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    own = p[np.arange(4000), exported["train_labels"]]
    assert abs(own.mean() - (p**2).sum(axis=1).mean()) < 0.02  # labels drawn from p; standard error below 0.005


def test_bench_times_every_size_and_agrees_with_influenciae():
    facts = image_groups_bench([200, 300], [64, 16], 5, 2, 50)
    assert [(case["images"], case["parameters"]) for case in facts["growth"]] == [(200, 650), (200, 170), (300, 650)]
    assert all(case["megabytes"] > 0 for case in facts["growth"])
    judged = facts["judged"]["rounds"]
    for one in judged:
        parts = ("read", "reduction", "hessian", "eigenvectors", "search")
        assert np.isclose(one["total"], sum(one[part] for part in parts))
    library = facts["influenciae"]
    assert library["group_calls_needed"] == 299 + 298 + 297 + 296
    assert library["influence_difference_with_its_cutoff"] < 1e-3  # single precision times the condition above the cut
    assert all(library[name]["least"] <= library[name]["median"] <= library[name]["most"] for name in BASELINES)
