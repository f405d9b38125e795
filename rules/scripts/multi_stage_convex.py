from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.multi_stage_convex import formula_errors, limits
from influence_lab.evaluations.quadratic_stages import quadratic_errors

with batch(snakemake):
    params, output = snakemake.params, snakemake.output
    write_table(output.quadratic, quadratic_errors(params.draws, (2, 3), params.alphas))
    write_table(output.errors, formula_errors(params.seeds, params.alphas, epsilon=params.epsilon, **params.rows))
    write_table(output.limits, limits(params.seeds, params.limit_alphas, **params.rows))
