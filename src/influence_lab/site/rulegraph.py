"""A picture of the pipeline: its rules in columns by stage, and what feeds what."""

import re
from pathlib import Path

import matplotlib
import networkx

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.patches import FancyBboxPatch

from influence_lab.artifacts import whole

STAGES = ("data", "models", "attributions", "evaluations", "notebooks", "site")


def parse_rulegraph(dot: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Rules and edges of what `snakemake --rulegraph` prints.

    Returns:
        Names of rules by node, and edges from node to node.

    >>> parse_rulegraph('0[label = "all", color="x"]; 1[label = "site"]; 1 -> 0')
    ({'0': 'all', '1': 'site'}, [('1', '0')])
    """
    nodes = dict(re.findall(r'(\d+)\s*\[\s*label\s*=\s*"(\w+)', dot))
    return nodes, re.findall(r"(\d+)\s*->\s*(\d+)", dot)


def stage_of_rules(rules: Path) -> dict[str, str]:
    """The stage of each rule: the name of the file in `rules/` that defines it."""
    return {
        name: path.stem
        for path in sorted(rules.glob("*.smk"))
        for name in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }


def draw_rulegraph(dot: str, stages: dict[str, str], output: Path) -> None:
    """Draw the rule graph as SVG, identical bytes for identical graphs.

    Args:
        dot: what `snakemake --rulegraph` prints.
        stages: stage by rule; rules without one (`all`) are left out.
        output: SVG file.
    """
    nodes, edges = parse_rulegraph(dot)
    edges.sort(key=lambda edge: (nodes[edge[0]], nodes[edge[1]]))  # Snakemake's own order varies
    depth = _depths(nodes, edges)
    order = sorted(nodes.values(), key=lambda name: (depth[name], name))
    columns = {stage: [name for name in order if stages.get(name) == stage] for stage in STAGES}
    tallest = max(len(names) for names in columns.values())
    place = {
        name: (float(column), (tallest - len(names)) / 2 + row)
        for column, names in enumerate(columns.values())
        for row, name in enumerate(names)
    }
    matplotlib.rcParams |= {"svg.hashsalt": "rulegraph", "svg.fonttype": "none"}
    figure, axes = pyplot.subplots(figsize=(14, 0.7 * tallest + 0.8))
    for start, end in edges:
        if nodes[start] in place and nodes[end] in place:
            _arrow(axes, place[nodes[start]], place[nodes[end]])
    for name, (x, y) in place.items():
        box = FancyBboxPatch((x - 0.4, y - 0.18), 0.8, 0.36, boxstyle="round,pad=0.04", fc="#e8f1fa", ec="#0072B2")
        box.set_zorder(3)  # above the arrows
        axes.add_patch(box)
        axes.text(x, y, name.replace("_", " "), ha="center", va="center", fontsize=8.5, zorder=4)
    for column, stage in enumerate(columns):
        axes.text(column, -0.75, stage, ha="center", va="center", fontsize=12, fontweight="bold")
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(tallest - 0.5, -1.0))
    axes.axis("off")
    with whole(output) as partial:
        figure.savefig(partial, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def _depths(nodes: dict[str, str], edges: list[tuple[str, str]]) -> dict[str, int]:
    """Length of the longest path that leads to each rule."""
    graph = networkx.DiGraph((nodes[start], nodes[end]) for start, end in edges if start != end)
    graph.add_nodes_from(sorted(nodes.values()))
    depth: dict[str, int] = {}
    for name in networkx.topological_sort(graph):
        depth[name] = max((depth[before] + 1 for before in graph.predecessors(name)), default=0)
    return depth


def _arrow(axes: pyplot.Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow from the right of one box to the left of another, or from its bottom where both share a column."""
    down = start[0] == end[0]
    axes.annotate(
        "",
        xy=(end[0], end[1] - 0.22) if down else (end[0] - 0.44, end[1]),
        xytext=(start[0], start[1] + 0.22) if down else (start[0] + 0.44, start[1]),
        arrowprops={"arrowstyle": "-|>", "color": "#888888", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
        zorder=1,
    )
