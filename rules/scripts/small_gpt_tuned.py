from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.data.small_questions import questions_of
from influence_lab.models.small_gpt_experiment import small_gpt_model
from influence_lab.models.small_gpt_stack import stack
from influence_lab.models.small_gpt_tuning import Tuning, tuned

with batch(snakemake):
    params = snakemake.params
    model = small_gpt_model(read_arrays(snakemake.input.model), params.heads)
    questions = questions_of(read_arrays(snakemake.input.questions), "tuning")
    start = stack([dict(model.named_parameters())])
    found = tuned(model, start, questions, Tuning(**params.tuning))
    write_arrays(snakemake.output[0], **{name: values[0].numpy() for name, values in found.parameters.items()})
