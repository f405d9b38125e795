from influence_lab.artifacts import write_facts
from influence_lab.batch import batch
from influence_lab.evaluations.groups_bench import groups_bench

with batch(snakemake):
    write_facts(snakemake.output[0], groups_bench(**snakemake.params.bench))
