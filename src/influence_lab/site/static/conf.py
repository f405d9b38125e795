"""Sphinx configuration of the site. The build copies it beside the pages."""

project = "influence-lab"
author = "the influence-lab authors"
html_title = "Influence functions, checked"
language = "en"

extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx-mathjax-offline", "sphinx.ext.githubpages"]
exclude_patterns = ["_build"]

nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"
nb_code_prompt_show = "Code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
numfig = True
math_eqref_format = "({number})"

html_theme = "sphinx_book_theme"
html_theme_options = {
    "home_page_in_toc": True,
    "use_download_button": True,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "logo": {"text": html_title},
    "search_bar_text": "Search the pages",
    "navbar_persistent": [],  # the sidebar has the search field
}
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["lab.css"]
html_js_files = ["figures.js"]
html_copy_source = True


def setup(app):
    """Load MathJax on every page: the ledger and the verdicts have formulas that Sphinx does not see."""
    app.set_html_assets_policy("always")
