import numpy as np

from influence_lab.artifacts import write_arrays
from influence_lab.attributions.image_groups import draw_seed_images, influence_space, model_groups
from influence_lab.batch import batch
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    head, grow = read_heads(snakemake.input.features).train, snakemake.params.grow
    space = influence_space(head, **snakemake.params.inverse)
    seeds = draw_seed_images(head.labels, grow["per_class"], grow["draw"])
    own = [grow["draw"], *snakemake.wildcards.model.encode(), int(snakemake.wildcards.seed)]  # random groups of its own
    groups = model_groups(head, space, seeds, grow["size"], grow["damping_shares"], own)
    write_arrays(
        snakemake.output[0], **groups, **{name: np.array(value) for name, value in snakemake.params.inverse.items()}
    )
