from influence_lab.evaluations.quadratic_stages import quadratic_errors


def test_for_quadratic_stages_the_formula_is_the_exact_change_at_every_alpha():
    """Reference, section 5: quadratic multi-stage to 1e-12; condition numbers are below 1e3."""
    found = quadratic_errors(3, (1, 2, 3, 4), [1e-3, 1.0, 1e6])
    assert len(found) == 36
    assert found["error"].max() < 1e-12
