from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.head_solvers import growing_heads, head_solvers
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    cnn, large = read_heads(snakemake.input.features).train, [read_heads(path).train for path in snakemake.input.large]
    heads = growing_heads(cnn, dict(zip(["VGG19"], large, strict=False)), **snakemake.params.sample)
    write_table(snakemake.output[0], head_solvers(heads, **snakemake.params.solvers))
