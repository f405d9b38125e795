from influence_lab.artifacts import read_table, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.image_head_tables import joined

with batch(snakemake):
    for part, target in snakemake.output.items():
        paths = zip(snakemake.params.trained, snakemake.input[part], strict=True)
        write_table(target, joined({tuple(trained): read_table(path) for trained, path in paths}))
