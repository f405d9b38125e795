from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.data.small_questions import questions_of
from influence_lab.evaluations.two_stage_truths import two_stage_truth
from influence_lab.models.small_gpt_experiment import small_gpt_model
from influence_lab.models.small_gpt_tuning import Tuning

with batch(snakemake):
    given, params, chunks = snakemake.input, snakemake.params, Path(snakemake.params.chunks)
    questions = read_arrays(given.questions)
    truth = two_stage_truth(
        small_gpt_model(read_arrays(given.model), params.heads),
        read_arrays(given.subsets),
        read_arrays(given.left_out),
        questions_of(questions, "tuning"),
        questions_of(questions, "query"),
        Tuning(**params.tuning),
        chunks,
    )
    write_arrays(snakemake.output[0], **truth)
    rmtree(chunks)
