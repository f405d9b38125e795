import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from influence_lab.notebooks.title import retitle
from influence_lab.site.pages import page_for_site


def test_the_title_of_a_cell_becomes_that_of_the_page_and_its_text_stays_where_it_is():
    InteractiveShell.instance()
    with capture_output() as captured:
        retitle("Another", "Said *here*.")
    (shown,) = captured.outputs
    output = nbformat.v4.new_output("display_data", data=shown.data, metadata=shown.metadata)
    cells = [nbformat.v4.new_markdown_cell("# One\n\nText."), nbformat.v4.new_code_cell("", outputs=[output])]
    about = {"notebook": "01_page", "parameters": {}, "versions": {}}
    page = page_for_site("01_page", nbformat.v4.new_notebook(cells=cells, metadata={"influence_lab": about}))
    assert page.cells[0].source == "# Another\n\nText."
    assert page.cells[1].outputs[0].data["text/markdown"] == "Said *here*."


@pytest.mark.parametrize("title", ["", "two\nlines"])
def test_a_title_is_one_line(title):
    with pytest.raises(ValueError, match="one line"):
        retitle(title, "text")
