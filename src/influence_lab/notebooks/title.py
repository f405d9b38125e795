"""The title of a page that is run once for each of several parameter values."""

from IPython.display import display


def retitle(title: str, text: str) -> None:
    """Give the page another title on the site than its notebook has, and say on the page what it shows.

    Args:
        title: one line; it takes the place of the first heading.
        text: Markdown, shown where the cell stands.

    Raises:
        ValueError: the title is empty or has several lines.
    """
    if not title.strip() or "\n" in title:
        raise ValueError(f"a title needs one line of text, got {title!r}")
    content = {"text/markdown": text, "text/plain": text}
    display(content, raw=True, metadata={"influence_lab": {"title": title}})
