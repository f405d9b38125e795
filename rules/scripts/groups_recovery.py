from influence_lab.artifacts import read_table, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.group_drawings import drawn_partitions
from influence_lab.evaluations.group_recovery import recovery
from influence_lab.evaluations.group_tuning import chosen_variants
from influence_lab.models.toy import toy_training

with batch(snakemake):
    training, rule = toy_training(snakemake.params.toy), snakemake.params.rule
    variants = chosen_variants(read_table(snakemake.input.tuning))
    write_table(snakemake.output.table, recovery(training, variants, **rule))
    shown = {name: rule[name] for name in ("networks", "damping", "neighbours")}
    write_arrays(snakemake.output.partitions, **drawn_partitions(training, **shown))
