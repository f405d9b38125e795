from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.image_models import image_features

with batch(snakemake):
    trained, data = read_arrays(snakemake.input.model), read_arrays(snakemake.input.data)
    write_arrays(snakemake.output[0], **image_features(snakemake.wildcards.model, trained, data))
