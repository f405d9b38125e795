# From config.yaml to a website: data -> models -> attributions -> evaluations -> notebooks -> site.
# `snakemake --cores all` makes everything; `snakemake -n` says what would be made, and why.

import os
import shlex
import sys
from functools import partial
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

ROOT = Path(workflow.basedir)
LIBRARY = str(ROOT / "src")
sys.path.insert(0, LIBRARY)
# Snakemake puts this into shell commands as it is, which fails when the path has a space.
sys.executable = shlex.quote(sys.executable)
# Jobs and kernels are processes of their own; they take the library that lies beside this Snakefile.
os.environ |= {
    "PYTHONPATH": os.pathsep.join(filter(None, [LIBRARY, os.getenv("PYTHONPATH")]))
}

from influence_lab.config.check import ConfigError, check
from influence_lab.data.ask_rows import check_asked
from influence_lab.data.images_edition import images_edition
from influence_lab.imports import code_inputs
from influence_lab.input_errors import InputError
from influence_lab.models.language_model_source import PACKAGED, check_source
from influence_lab.notebooks.claims import LedgerError, load_claims


configfile: "config.yaml"


try:
    config = check(config)
    claims = load_claims(ROOT / "notebooks/claims.yaml")
    check_asked({kind: config["ask"][kind] for kind in ("corpus", "queries")})
    check_source(config["ask"]["model"], "ask.model")
except (ConfigError, LedgerError, InputError) as error:
    print(error, file=sys.stderr)
    os._exit(1)  # Snakemake would wrap the line in a traceback of its own


NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.py"))
IMAGE_SEEDS = {
    model: range(config["images"][model]["seeds"])
    for model in ("cnn", "resnet", "vgg19")
}
IMAGE_RUNS = [(model, seed) for model in IMAGE_SEEDS for seed in IMAGE_SEEDS[model]]
IMAGE_NAMES = [f"{model}_{seed}" for model, seed in IMAGE_RUNS]
# Pages that are run once more with other values of their section: name of the page, and what differs.
VARIANTS = {
    f"07_image_groups_{model}": {"model": model}
    for model in ("resnet", "vgg19")
    if IMAGE_SEEDS[model] and "07_image_groups" in NOTEBOOKS
}
NOTEBOOK_OF = dict(zip(NOTEBOOKS, NOTEBOOKS)) | dict.fromkeys(
    VARIANTS, "07_image_groups"
)
PAGES = sorted(NOTEBOOK_OF)


code_of = partial(code_inputs, ROOT)


localrules:
    all,


# Snakemake 9.27 starts a timer at each look for jobs, each timer looks again, and while jobs wait none of them ends:
# after a hundred jobs that takes a core. One machine needs no limit on the rate of jobs, which is what they serve.
onstart:
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


rule all:
    default_target: True
    input:
        "results/site/index.html",
    message:
        "Everything is made: open results/site/index.html"


include: "rules/data.smk"
include: "rules/models.smk"
include: "rules/attributions.smk"
include: "rules/evaluations.smk"
include: "rules/notebooks.smk"
include: "rules/site.smk"
