"""The pages of the site: every notebook."""

from influence_lab.locations import ROOT

PAGES = tuple(sorted(path.stem for path in ROOT.glob("notebooks/[0-9][0-9]_*.py")))
