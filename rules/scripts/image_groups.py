from influence_lab.artifacts import read_arrays, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.image_group_table import model_table, page_arrays, reference, with_overlaps
from influence_lab.evaluations.image_groups import coarse_pixels
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    images, measure = read_arrays(snakemake.input.images), snakemake.params.measure
    groups = {
        tuple(trained): read_arrays(path)
        for trained, path in zip(snakemake.params.trained, snakemake.input.groups, strict=True)
    }
    seeds, (_, _, size) = next((own["seeds"], own["members"].shape) for own in groups.values())
    compared = reference(images["train_labels"], seeds, size, measure["random_groups"], measure["draw"])
    pixels = coarse_pixels(images["train_images"])
    tables, heads = {}, {}
    for (trained, own), path in zip(groups.items(), snakemake.input.features, strict=True):
        read = read_heads(path)
        tables[trained] = model_table(own, read, pixels, compared)
        heads[trained] = read.train.accuracy, read.test.accuracy, read.train.size
    write_table(snakemake.output.table, with_overlaps(tables, groups))
    write_arrays(snakemake.output.arrays, **page_arrays(groups, heads))
