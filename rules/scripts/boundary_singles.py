from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.boundary_singles import single_scores
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    heads, model = read_heads(snakemake.input.features), read_arrays(snakemake.input.model)
    rate = float(model["final_learning_rate"])
    write_arrays(snakemake.output[0], **single_scores(heads, rate=rate, **snakemake.params.rule))
