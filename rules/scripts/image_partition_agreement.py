from influence_lab.artifacts import read_arrays, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.partition_agreement import agreement_table, subset_table
from influence_lab.evaluations.similar_images import all_similarities

with batch(snakemake):
    section = snakemake.params.section
    runs = {
        (name.rsplit("_", 1)[0], int(name.rsplit("_", 1)[1])): read_arrays(path)
        for name, path in zip(snakemake.params.runs, snakemake.input.partitions, strict=True)
    }
    table = agreement_table(runs, section["counts"], section["groups"], section["compared_images"], section["seed"])
    write_table(snakemake.output.table, table)
    write_table(snakemake.output.subsets, subset_table(runs))
    write_table(snakemake.output.similar, all_similarities(runs))
    first = snakemake.params.runs[0]  # the run that the page shows
    write_arrays(snakemake.output.shown, name=first, **next(iter(runs.values())))
