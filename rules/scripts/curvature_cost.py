import torch

from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.cost import METHODS, cost_by_width

with batch(snakemake):
    digits, images = read_arrays(snakemake.input.digits), snakemake.params.images
    inputs, labels = (torch.as_tensor(digits[name][:images]) for name in ("train_images", "train_labels"))
    torch.set_num_threads(1)
    write_table(
        snakemake.output[0],
        cost_by_width(
            snakemake.params.widths,
            METHODS,
            snakemake.params.explicit_parameters,
            snakemake.params.repeats,
            inputs,
            labels,
        ),
    )
