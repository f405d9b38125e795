"""The pages of the site at smoke scale: every notebook, and the image groups of the other model."""

from influence_lab.locations import ROOT

NOTEBOOKS = tuple(sorted(path.stem for path in ROOT.glob("notebooks/[0-9][0-9]_*.py")))
PAGES = tuple(sorted([*NOTEBOOKS, "07_image_groups_resnet"]))
