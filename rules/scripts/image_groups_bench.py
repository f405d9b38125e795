from influence_lab.artifacts import write_facts
from influence_lab.batch import batch
from influence_lab.evaluations.image_groups_bench import image_groups_bench

with batch(snakemake):
    write_facts(snakemake.output[0], image_groups_bench(**snakemake.params.bench))
