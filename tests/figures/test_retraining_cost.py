import numpy as np
import pandas as pd

from influence_lab.figures.retraining_cost import cost_by_points
from influence_lab.site.figures_file import write_file

TABLE = pd.DataFrame(
    [
        (points, network, size, contender, points * size * factor)
        for points in (300, 100)
        for network, size in (("4-2-1", 25), ("8-4-1", 65))
        for contender, factor in (("engine", 1e-7), ("torch loop", 3e-7))
    ],
    columns=["points", "network", "parameters", "contender", "seconds"],
)


def test_a_line_for_each_network_and_contender_with_the_ratio_in_the_title():
    figure = cost_by_points(TABLE)
    assert len(figure.data) == 4
    assert figure.layout.title.text == "Engine: 3.0 to 3.0 times as fast as the torch loop"
    assert figure.data[0].x.tolist() == [100, 300]
    np.testing.assert_allclose(figure.data[0].y, [0.25, 0.75])


def test_the_file_needs_no_network(tmp_path):
    path = tmp_path / "cost.html"
    write_file("Cost <of one>", [(cost_by_points(TABLE).to_plotly_json(), "a caption")], path)
    text = path.read_text(encoding="utf-8")
    assert all(part in text for part in ("Cost &lt;of one&gt;", "a caption", "torch loop"))
    assert "<script src=" not in text
