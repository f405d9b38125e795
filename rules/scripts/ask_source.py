from pathlib import Path

from influence_lab.artifacts import whole_folder
from influence_lab.batch import batch
from influence_lab.models.ask_tokenizer import SETTING
from influence_lab.models.causal_lm import load_causal_lm, save_causal_lm

with batch(snakemake), whole_folder(Path(snakemake.output[0])) as folder:
    save_causal_lm(folder, *load_causal_lm(snakemake.params.source, SETTING))
