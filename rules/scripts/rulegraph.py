"""Draw the pipeline's rules."""

import subprocess
import sys
from pathlib import Path

from influence_lab.batch import batch
from influence_lab.site.rulegraph import draw_rulegraph, stage_of_rules

with batch(snakemake):
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "dot", "--forceall"]
    dot = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    draw_rulegraph(dot, stage_of_rules(Path("rules")), Path(snakemake.output[0]))
