"""The whole pipeline at smoke scale: what it makes, and what an edit makes it do again."""

import json
import re
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from influence_lab.site.figures_file import figures_of
from tests.pages import PAGES

pytestmark = pytest.mark.dag

MEASURED_HERE = {f"A{number}" for number in range(1, 25)} | {f"B{number}" for number in [*range(1, 22), 26]}


@contextmanager
def edited(path):
    """A file with one more comment, for a while. A new time alone is not an edit: Snakemake compares contents."""
    before = path.read_text()
    path.write_text(f"{before}\n# edited\n")
    try:
        yield
    finally:
        path.write_text(before)


def executed(smoke):
    return {page: nbformat.read(smoke.path / f"results/notebooks/{page}.ipynb", as_version=4) for page in PAGES}


def test_every_claim_of_the_pages_has_a_number_and_the_others_are_open(smoke):
    ledger = json.loads((smoke.path / "results/claims.json").read_text())
    measured = {claim["id"] for claim in ledger if claim["verdict"] != "open"}
    assert measured == MEASURED_HERE
    assert all(isinstance(claim["measured"], float) for claim in ledger if claim["id"] in measured)
    reasons = {claim["id"]: claim["reason"] for claim in ledger if claim["id"] not in measured}
    of_images = {f"B{number}" for number in range(22, 26)}
    assert {name for name, reason in reasons.items() if reason == "CIFAR-10 was not there"} == of_images
    assert "wrong answer" in reasons["A25"]  # one mistake is planted at this scale, learnt or not
    assert reasons.keys() == of_images | {"A25"}


def test_every_page_with_images_says_that_they_are_digits(smoke):
    warned = {page for page, notebook in executed(smoke).items() if "These are digits" in str(notebook)}
    assert warned == {page for page in PAGES if page[:2] in ("07", "08", "09")}


def test_every_figure_has_a_caption_and_a_text_alternative(smoke):
    for page, notebook in executed(smoke).items():
        about = [about for _, about in figures_of(notebook)]
        assert about, page
        assert all(one["caption"] and one["alt"] for one in about)


def test_no_page_writes_to_standard_error(smoke):
    for page, notebook in executed(smoke).items():
        said = [o for cell in notebook.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
        assert said == [], page


def test_a_second_run_does_nothing_and_says_so(smoke):
    assert "Nothing to be done" in smoke.snakemake("--cores", "all").stdout


def test_editing_a_notebook_reruns_it_and_the_site_only(smoke):
    with edited(smoke.path / "notebooks/01_taylor_neumann.py"):
        assert smoke.would_run() == {"page", "page_figures", "claims", "site"}
        assert smoke.would_run("results/notebooks/02_gauss_newton.ipynb") == set()


def test_a_query_of_the_readers_own_trains_nothing(smoke):
    rerun = smoke.would_run(config="language_model={own_prompt: Salt melts, own_completion: ' ice'}")
    assert "language_query_states" in rerun
    trained = {f"language_{stage}" for stage in ("text_states", "adaptation", "covariance", "eigen", "lambda")}
    assert rerun.isdisjoint(trained)


def test_editing_a_figure_module_reruns_the_page_that_draws_with_it(smoke):
    with edited(smoke.path / "src/influence_lab/figures/gauss_newton.py"):
        assert smoke.would_run("results/notebooks/02_gauss_newton.ipynb") == {"page"}
        assert smoke.would_run("results/notebooks/01_taylor_neumann.ipynb") == set()


def test_editing_the_site_s_code_reruns_the_site_only(smoke):
    with edited(smoke.path / "src/influence_lab/site/ledger_page.py"):
        assert smoke.would_run() == {"site"}


def test_editing_a_rule_s_script_reruns_that_rule(smoke):
    with edited(smoke.path / "rules/scripts/claims.py"):
        assert smoke.would_run() == {"claims", "site"}


def test_changing_one_parameter_reruns_what_reads_it(smoke):
    target, change = "results/notebooks/{}.ipynb", "gauss_newton={learning_rate: 0.5}"
    assert smoke.would_run(target.format("01_taylor_neumann"), config=change) == set()
    runs = smoke.would_run(target.format("02_gauss_newton"), config=change)
    assert {"digit_networks", "page"} <= runs
    assert not {"digits", "theory_models"} & runs


def test_rerunning_a_page_from_the_same_artifacts_gives_identical_bytes(smoke):
    target = "results/notebooks/02_gauss_newton.ipynb"
    before = (smoke.path / target).read_bytes()
    done = smoke.snakemake("--cores", "all", "--forcerun", "page", "--", target)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (smoke.path / target).read_bytes() == before


def test_the_report_is_made_and_holds_the_figures(smoke):
    done = smoke.snakemake("--report", "report.html")
    assert done.returncode == 0, done.stdout[-3000:]
    report = (smoke.path / "report.html").read_text()
    assert all(f"results/figures/{page}.html" in report for page in PAGES)


def test_the_picture_in_the_readme_is_the_one_that_its_rule_draws(smoke):
    committed = Path(__file__).resolve().parents[2] / "docs/rulegraph.svg"
    assert (smoke.path / "docs/rulegraph.svg").read_bytes() == committed.read_bytes()


def test_the_benchmark_gives_ratios(smoke):
    ratios = json.loads((smoke.path / "results/benchmarks/summary.json").read_text())
    assert all(0 < entry["least"] <= entry["times_faster"] <= entry["most"] for entry in ratios)


def test_the_retraining_benchmark_gives_ratios_and_exact_agreement(smoke):
    facts = json.loads((smoke.path / "results/benchmarks/retraining.json").read_text())
    assert {entry["target"] for entry in facts["ratios"] if "target" in entry} == {8, 50}
    assert all(0 < entry["least"] <= entry["times_faster"] <= entry["most"] for entry in facts["ratios"])
    assert facts["largest_difference_float64"] < 1e-8


def test_the_workflow_passes_snakemake_s_own_lint(smoke):
    done = smoke.snakemake("--lint")
    assert done.returncode == 0, done.stdout
    assert "Congratulations" in done.stdout


def test_the_site_loads_nothing_from_elsewhere(smoke):
    """No page or style sheet names a script, style, image or font of another host; links to click are allowed."""
    elsewhere = r"""["']?(?:https?:)?//"""
    loading = re.compile(
        rf"<(?:script|img|iframe|source)[^>]+src={elsewhere}|<link[^>]+href={elsewhere}"
        rf"|url\({elsewhere}|@import\s+{elsewhere}"
    )
    site = smoke.path / "results/site"
    found = {
        path.relative_to(site).as_posix(): loading.findall(path.read_text(encoding="utf-8"))
        for pattern in ("*.html", "*.css")
        for path in site.rglob(pattern)
    }
    assert len(found) > 5
    assert {name: hits for name, hits in found.items() if hits} == {}
