from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.image_partition import partition_arrays
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    heads = read_heads(snakemake.input.features)
    arrays = partition_arrays(heads.train, snakemake.params.section, snakemake.params.images)
    write_arrays(snakemake.output[0], test_accuracy=heads.test.accuracy, **arrays)
