import numpy as np

from influence_lab.figures.curvature_matrices import matrices, spectra


def test_slider_shows_one_step_and_its_note_at_a_time():
    values = {"H": np.array([[-1.0, 2.0], [0.5, 1.0]]), "G + λI": np.array([[0.0, 2.0], [0.1, 1.0]])}
    figure = spectra("title", [0, 10], ["first", "second"], values)
    moves = figure.layout.sliders[0].steps
    assert moves[0].args[0]["visible"] == [True, True, False, False]
    assert [move.args[1]["annotations[0].text"] for move in moves] == ["first", "second"]
    assert list(figure.data[0].customdata) == [2.0, -1.0]


def test_axis_of_spectra_keeps_order_and_sign():
    figure = spectra("title", [0], ["only"], {"H": np.array([[-10.0, -1e-8, 0.0, 1e-8, 10.0]])})
    drawn = np.array(figure.data[0].y)
    assert (np.diff(drawn) < 0).all()
    assert drawn[2] == 0


def test_menu_chooses_one_matrix():
    figure = matrices("title", {"G": np.eye(3), "blocks": np.eye(3) / 10}, [1])
    buttons = figure.layout.updatemenus[0].buttons
    assert [button.args[0]["visible"] for button in buttons] == [[True, False], [False, True]]
    assert figure.data[1].z[0, 0] == -10  # decibels below the largest entry of G
