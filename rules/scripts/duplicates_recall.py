import numpy as np

from influence_lab.artifacts import read_arrays, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.data.near_duplicates import read_pairs
from influence_lab.evaluations.duplicate_retrieval import draw_queries
from influence_lab.evaluations.duplicate_tables import all_layer_table, head_tables, joined, pixel_table, sketch_check
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    images, (pairs, _) = read_arrays(snakemake.input.images), read_pairs(snakemake.input.pairs)
    names = [str(name) for name in images["classes"]]
    queries = draw_queries(pairs, len(images["train_labels"]), **snakemake.params.queries)
    tables, why, examples = [pixel_table(images["train_images"], queries)], [], {}
    for (model, seed), path in zip(snakemake.params.models, snakemake.input.features, strict=True):
        found = head_tables(model, seed, read_heads(path).train, pairs, queries, names, snakemake.params.rule)
        tables.append(found.retrieval)
        why.append(found.pairs)
        examples |= found.example
    gradients = [read_arrays(path) for path in snakemake.input.gradients]
    tables.append(all_layer_table(gradients, queries))
    if gradients:
        examples |= sketch_check(gradients[0], queries)
    write_table(snakemake.output.retrieval, joined(tables))
    write_table(snakemake.output.pairs, joined(why))
    write_arrays(snakemake.output.example, **{name: np.asarray(value) for name, value in examples.items()})
