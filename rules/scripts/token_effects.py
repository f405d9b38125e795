import torch

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.data.small_corpus import split_of
from influence_lab.evaluations.token_effects import checks
from influence_lab.models.anchored_gpt import anchored, compact, trained

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, corpus = snakemake.params, read_arrays(snakemake.input[0])
    parts = [split_of(corpus, "train")[: params.texts], split_of(corpus, "query")[:3]]
    (texts, queries), vocabulary = compact(*parts)
    model = trained(texts, vocabulary, params.width, params.steps)
    write_arrays(snakemake.output[0], **checks(anchored(model, texts, params.damping), queries, params.epsilon))
