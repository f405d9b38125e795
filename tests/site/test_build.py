import json

import nbformat
import pytest

from influence_lab.artifacts import write_facts
from influence_lab.figures.show import PLOTLY_MIME
from influence_lab.notebooks.claims import load_claims
from influence_lab.notebooks.ledger import merge
from influence_lab.notebooks.source import KERNELSPEC
from influence_lab.site.build import SiteError, build_site
from influence_lab.site.pages import page_for_site
from influence_lab.site.renderers import figure_html
from influence_lab.site.run_page import step_costs

FIGURE = {
    "data": [{"type": "scatter", "x": [1], "y": [2], "name": "</script>"}],
    "layout": {"title": {"text": "A<br>B"}},
}


def page(path, text):
    """An executed page with a text, a figure and the metadata that the runner writes."""
    about = {"influence_lab": {"caption": "Caption $x$", "alt": 'an "alternative"'}}
    output = nbformat.v4.new_output("display_data", data={PLOTLY_MIME: FIGURE, "text/plain": "alt"}, metadata=about)
    cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("show(figure)", outputs=[output])]
    metadata = {"influence_lab": {"notebook": "01_page", "parameters": {"seed": 3}, "versions": {"python": "3.11"}}}
    metadata |= {"kernelspec": KERNELSPEC, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def build(folder, text):
    write_facts(folder / "claims.json", merge(load_claims(), {}))
    (folder / "benchmarks").mkdir(exist_ok=True)
    pages = {"01_page": page(folder / "01_page.ipynb", text)}
    build_site(pages, folder / "claims.json", {"page": {"seed": 3}}, folder / "benchmarks", folder / "site")
    return folder / "site"


@pytest.mark.filterwarnings("ignore")  # Sphinx and its extensions, not ours
def test_a_site_is_built_whole_or_not_at_all(tmp_path):
    site = build(tmp_path, "# Title\n\nText.")
    html = (site / "notebooks/01_page.html").read_text()
    assert "Edit and rerun this page" in html
    assert "results/notebooks/01_page.ipynb" in html
    assert "python 3.11" in html
    assert (site / "_static/plotly.min.js").exists()
    assert (site / ".nojekyll").exists()
    before = (site / "index.html").read_bytes()
    with pytest.raises(SiteError, match="nowhere"):
        build(tmp_path, "# Title\n\n[a link](nowhere.md)")
    assert (site / "index.html").read_bytes() == before
    assert not list(tmp_path.glob(".site-*"))


def test_a_page_that_is_run_for_another_value_has_a_title_of_its_own():
    titled = nbformat.v4.new_output("display_data", metadata={"influence_lab": {"title": r"A \\1 title"}})
    cells = [nbformat.v4.new_markdown_cell("# Title\n\n# not this"), nbformat.v4.new_code_cell("", outputs=[titled])]
    about = {"notebook": "01_page", "parameters": {}, "versions": {}}
    notebook = page_for_site("01_page_two", nbformat.v4.new_notebook(cells=cells, metadata={"influence_lab": about}))
    assert notebook.cells[0].source == r"# A \\1 title" + "\n\n# not this"
    footer = notebook.cells[-1].source  # the source to edit, the page to rerun, and what is not in the configuration
    assert "edit notebooks/01_page.py" in footer
    assert "results/notebooks/01_page_two.ipynb" in footer
    assert "`page` of `config.yaml`, but for those that `VARIANTS`" in footer


def test_a_figure_cannot_break_out_of_its_script():
    html = figure_html(FIGURE, "Caption", 'an "alternative"')
    assert html.count("</script>") == 1
    assert 'aria-label="an &quot;alternative&quot;"' in html
    assert '<p class="figure-title">A B</p>' in html
    data = html.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(data)["data"][0]["name"] == "</script>"


def test_the_costs_of_steps_are_read_from_snakemake_s_files_slowest_first(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "fast.tsv").write_text("s\th:m:s\tmax_rss\n1.5\t0:00:01\t-\n")
    (tmp_path / "sub/slow.tsv").write_text("s\th:m:s\tmax_rss\n9.0\t0:00:09\t120.5\n")
    costs = step_costs(tmp_path)
    assert list(costs["step"]) == ["sub/slow", "fast"]
    assert costs["seconds"].sum() == 10.5
