import torch

from influence_lab.artifacts import read_arrays, write_table
from influence_lab.attributions.two_stage_cost import Workload, costs
from influence_lab.batch import batch
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, given = snakemake.params, snakemake.input
    questions, texts = read_arrays(given.states), read_arrays(given.texts)
    adapted, tuned = read_arrays(given.adapted), read_arrays(given.tuned)
    tail, layers = load_tail(given.model, params.blocks, params.layers, adapted)
    attributed = dict(list(layers.items())[-params.attributed :])
    work = Workload(
        tail,
        attributed,
        dataset_of(texts, "train").first(params.texts),
        dataset_of(questions, "tuning").first(params.texts),
        dataset_of(questions, "query").first(params.queries),
        {name: adapted[name] for name in attributed},
        {name: tuned[name] for name in attributed},
        params.alpha,
        params.draws,
    )
    write_table(snakemake.output[0], costs(work, params.repeats, params.seed))
