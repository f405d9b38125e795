import pytest

from influence_lab.notebooks.title import retitle


@pytest.mark.parametrize("title", ["", "two\nlines"])
def test_a_title_is_one_line(title):
    with pytest.raises(ValueError, match="one line"):
        retitle(title, "text")
