"""Text for captions and boxes, with formulas."""

import re
from html import escape

_FORMULA = re.compile(r"\$([^$]+)\$")


def html_with_math(text: str) -> str:
    r"""Plain text with `$formulas$` as HTML that both the site and JupyterLab typeset.

    >>> html_with_math("slope < 2 in $\\epsilon$")
    'slope &lt; 2 in <span class="math notranslate nohighlight">\\(\\epsilon\\)</span>'
    """
    return _FORMULA.sub(
        lambda match: f'<span class="math notranslate nohighlight">\\({match.group(1)}\\)</span>',
        escape(text, quote=False),
    )
