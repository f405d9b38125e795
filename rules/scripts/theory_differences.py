from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.theory import theory_differences
from influence_lab.models.theory import load_theory

with batch(snakemake):
    trained = load_theory(read_arrays(snakemake.input.data), read_arrays(snakemake.input.models))
    write_table(
        snakemake.output[0], theory_differences(trained, read_arrays(snakemake.input.influence), **snakemake.params)
    )
