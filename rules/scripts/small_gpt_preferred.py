from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.data.small_questions import questions_of
from influence_lab.models.small_gpt_experiment import small_gpt_model
from influence_lab.models.small_gpt_preference import Preference, preferred
from influence_lab.models.small_gpt_stack import stack, text_log_probabilities

with batch(snakemake):
    params, questions = snakemake.params, read_arrays(snakemake.input.questions)
    model = small_gpt_model(read_arrays(snakemake.input.model), params.heads)
    start = stack([dict(model.named_parameters())])
    pairs = questions_of(questions, "preferred"), questions_of(questions, "refused")
    found = preferred(model, start, pairs, Preference(**params.preference))
    asked = [
        text_log_probabilities(model, values, questions_of(questions, "query"))[0].detach().numpy()
        for values in (start, found.parameters)
    ]
    write_arrays(
        snakemake.output[0],
        preferred=found.preferred,
        refused=found.refused,
        queries_before=asked[0],
        queries_after=asked[1],
    )
