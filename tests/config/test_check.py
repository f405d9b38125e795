import ast
import re
from copy import deepcopy
from pathlib import Path

import jupytext
import pytest
import yaml
from snakemake.utils import update_config

from influence_lab.config.check import ConfigError, check

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())
PAGES = sorted(ROOT.glob("notebooks/[0-9][0-9]_*.py"))


def changed(section: str, **values) -> dict:
    return DEFAULT | {section: DEFAULT[section] | values}


def overlaid(name: str) -> dict:
    """What Snakemake makes of the default and an overlay."""
    config = deepcopy(DEFAULT)
    update_config(config, yaml.safe_load((ROOT / "config" / name).read_text()))
    return config


def test_the_default_configuration_is_valid_and_unchanged_by_the_check():
    assert check(DEFAULT) == DEFAULT


@pytest.mark.parametrize("name", ["smoke.yaml", "full.yaml"])
def test_the_overlays_are_valid_and_change_something(name):
    assert check(overlaid(name)) != DEFAULT


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (DEFAULT | {"taylor": {}}, r"config: taylor: unknown key \(did you mean taylor_neumann\?\); allowed here: "),
        (changed("gauss_newton", sed=1), r"config: gauss_newton\.sed: unknown key .*; allowed here: .*seed"),
        (changed("taylor_neumann", seed="three"), r"config: taylor_neumann\.seed: got 'three'; allowed: "),
        (changed("taylor_neumann", seed=-1), r"config: taylor_neumann\.seed: got -1; allowed: greater"),
        (changed("taylor_neumann", seed=1.5), r"config: taylor_neumann\.seed: got 1.5; allowed: .*integer"),
        (changed("gauss_newton", seeds=0), r"config: gauss_newton\.seeds: got 0; allowed: greater than or equal to"),
        ({"gauss_newton": DEFAULT["gauss_newton"]}, r"config: taylor_neumann: missing; config\.yaml has its default"),
        (DEFAULT | {"taylor_neumann": 3}, r"config: taylor_neumann: got 3; allowed: "),
    ],
)
def test_a_bad_key_gives_one_line_with_path_value_and_what_is_allowed(config, message):
    with pytest.raises(ConfigError, match=f"^{message}") as caught:
        check(config)
    assert "\n" not in str(caught.value)


def test_negative_damping_is_refused():
    damping = [key for key in DEFAULT["gauss_newton"] if "damping" in key]
    assert damping
    for key in damping:
        value = DEFAULT["gauss_newton"][key]
        with pytest.raises(ConfigError, match=rf"gauss_newton\.{key}.*: got -1"):
            check(changed("gauss_newton", **{key: [-1.0] if isinstance(value, list) else -1.0}))


def test_every_key_of_the_default_configuration_has_a_comment():
    lines = (ROOT / "config.yaml").read_text().splitlines()
    bare = [line for line in lines if re.match(r"\s+\w+:", line) and "#" not in line]
    assert bare == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_defaults_in_a_notebook_equal_its_section_of_the_configuration(page):
    cells = jupytext.read(page, fmt="py:percent").cells
    source = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    assigned = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(source).body}
    assert assigned == DEFAULT[page.stem[3:]]
