# Stage: models.

# What a training of the toy network reads of its section; the rest changes no network.
TOY_TRAINING = {
    name: config["toy"][name]
    for name in ("hidden", "epochs", "batch_size", "learning_rate")
}


rule theory_models:
    input:
        data="results/data/theory.npz",
        code=code_of("rules/scripts/theory_models.py"),
    output:
        "results/models/theory.npz",
    log:
        "results/logs/theory_models.log",
    benchmark:
        "results/benchmarks/theory_models.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        ridge=config["taylor_neumann"]["ridge"],
        weight_decay=config["taylor_neumann"]["weight_decay"],
        hidden=config["taylor_neumann"]["hidden"],
        seed=config["taylor_neumann"]["seed"],
    message:
        "Train linear, ridge and logistic regression and a small network to a gradient norm below 1e-12"
    script:
        "scripts/theory_models.py"


rule digit_networks:
    input:
        digits="results/data/digits.npz",
        code=code_of("rules/scripts/digit_networks.py"),
    output:
        "results/models/digits_{loss}.npz",
    log:
        "results/logs/digit_networks_{loss}.log",
    benchmark:
        "results/benchmarks/digit_networks_{loss}.tsv"
    wildcard_constraints:
        loss="cross_entropy|squared_error",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        hidden=config["gauss_newton"]["hidden"],
        seeds=config["gauss_newton"]["seeds"],
        checkpoints=config["gauss_newton"]["checkpoints"],
        learning_rate=config["gauss_newton"]["learning_rate"],
    message:
        "Train small networks on the digits, with checkpoints ({wildcards.loss})"
    script:
        "scripts/digit_networks.py"


rule relative_models:
    input:
        data="results/data/relative_influence.npz",
        code=code_of("rules/scripts/relative_models.py"),
    output:
        "results/models/relative_influence.npz",
    log:
        "results/logs/relative_models.log",
    benchmark:
        "results/benchmarks/relative_models.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        hidden=config["relative_influence"]["hidden"],
        weight_decay=config["relative_influence"]["weight_decay"],
    message:
        "Train a tanh network, logistic and softmax regression to minima, for each seed"
    script:
        "scripts/relative_models.py"


rule toy_leave_one_out:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/toy_leave_one_out.py"),
    output:
        "results/models/toy_leave_one_out.npz",
    log:
        "results/logs/toy_leave_one_out.log",
    benchmark:
        "results/benchmarks/toy_leave_one_out.tsv"
    conda:
        "../envs/main.yaml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
        seeds=config["toy"]["seeds"],
        chunks="results/chunks/toy_leave_one_out",
    message:
        "Retrain the toy network without each of its points, for each seed"
    script:
        "scripts/toy_leave_one_out.py"


rule toy_networks:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/toy_networks.py"),
    output:
        "results/models/toy_networks.npz",
    log:
        "results/logs/toy_networks.log",
    benchmark:
        "results/benchmarks/toy_networks.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        regularisations={
            name: config["functioning_groups"][name]
            for name in ("l1", "l2", "dropout")
        },
        seeds=config["functioning_groups"]["network_seeds"],
    message:
        "Train the toy network without and with L1, L2 and dropout, for each seed"
    script:
        "scripts/toy_networks.py"


TOY_ALPHAS = [str(alpha) for alpha in config["datamodels_trak"]["alphas"]]
TOY_HELD_OUT = [
    f"results/models/toy_held_out{'' if alpha == '0.5' else f'_{alpha}'}.npz"
    for alpha in TOY_ALPHAS
]


rule toy_subsets:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/toy_subsets.py"),
    output:
        "results/models/toy_subsets_{alpha}.npz",
    log:
        "results/logs/toy_subsets_{alpha}.log",
    benchmark:
        "results/benchmarks/toy_subsets_{alpha}.tsv"
    wildcard_constraints:
        alpha=r"0\.\d+",
    conda:
        "../envs/main.yaml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
        subsets=lambda wildcards: config["datamodels_trak"][
            "half_subsets" if wildcards.alpha == "0.5" else "subsets"
        ],
        # TRAK's models are those at α = 0.5
        kept=lambda wildcards: (
            config["datamodels_trak"]["trak_models"] if wildcards.alpha == "0.5" else 0
        ),
        chunks="results/chunks/toy_subsets_{alpha}",
    message:
        "Train the toy network on random subsets of its points (α = {wildcards.alpha})"
    script:
        "scripts/toy_subsets.py"


# toy_held_out.npz is at α = 0.5, the others at the α in their names.
rule toy_held_out:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/toy_held_out.py"),
    output:
        "results/models/toy_held_out{at}.npz",
    log:
        "results/logs/toy_held_out{at}.log",
    benchmark:
        "results/benchmarks/toy_held_out{at}.tsv"
    wildcard_constraints:
        at=r"|_0\.\d+",
    conda:
        "../envs/main.yaml"
    threads: 1  # a second process costs more time to start than it saves here
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
        alpha=lambda wildcards: float(wildcards.at[1:] or 0.5),
        subsets=config["datamodels_trak"]["held_out"],
        repeats=lambda wildcards: config["datamodels_trak"][
            "repeats" if wildcards.at else "half_repeats"
        ],
        chunks="results/chunks/toy_held_out{at}",
    message:
        "Train the toy network several times on each held-out subset (toy_held_out{wildcards.at})"
    script:
        "scripts/toy_held_out.py"


rule toy_scoreboard_networks:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/toy_scoreboard_networks.py"),
    output:
        "results/models/toy_scoreboard.npz",
    log:
        "results/logs/toy_scoreboard_networks.log",
    benchmark:
        "results/benchmarks/toy_scoreboard_networks.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        seeds=config["toy"]["seeds"],
        checkpoints=config["toy_scoreboard"]["checkpoints"],
        flipped_share=config["toy_scoreboard"]["flipped_share"],
    message:
        "Train the toy network with checkpoints, with the true labels and with some of them wrong"
    script:
        "scripts/toy_scoreboard_networks.py"


rule toy_removals:
    input:
        data="results/data/toy.npz",
        networks="results/models/toy_scoreboard.npz",
        code=code_of("rules/scripts/toy_removals.py"),
    output:
        "results/models/toy_removals.npz",
    log:
        "results/logs/toy_removals.log",
    benchmark:
        "results/benchmarks/toy_removals.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        removed=config["toy_scoreboard"]["removed"],
        damping=config["toy_scoreboard"]["damping"],
    message:
        "Take points away from the toy network under the proximal Bregman objective"
    script:
        "scripts/toy_removals.py"


rule toy_group_retrainings:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/toy_group_retrainings.py"),
    output:
        "results/models/toy_group_retrainings.npz",
    log:
        "results/logs/toy_group_retrainings.log",
    benchmark:
        "results/benchmarks/toy_group_retrainings.tsv"
    conda:
        "../envs/main.yaml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
        seeds=config["functioning_groups"]["group_seeds"],
        shares=config["functioning_groups"]["group_shares"],
        draws=config["functioning_groups"]["retrained_groups"],
        chunks="results/chunks/toy_group_retrainings",
    message:
        "Retrain the toy network without random groups of its points, for each seed"
    script:
        "scripts/toy_group_retrainings.py"


# Checkpoints lie in `chunks` until the output is written: a run that was killed goes on from the newest.
rule image_model:
    input:
        data="results/data/images.npz",
        code=code_of("rules/scripts/image_model.py"),
    output:
        "results/models/images_{model}_{seed}.npz",
    log:
        "results/logs/image_model_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/image_model_{model}_{seed}.tsv"
    wildcard_constraints:
        model="cnn|resnet|vgg19",
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: 3000 if wildcards.model == "vgg19" else 1500,
    params:
        training=lambda wildcards: {
            name: value
            for name, value in config["images"][wildcards.model].items()
            if name != "seeds"
        },
        chunks="results/chunks/images_{model}_{seed}",
    message:
        "Train the image classifier {wildcards.model}, seed {wildcards.seed}"
    script:
        "scripts/image_model.py"


rule language_model:
    input:
        code=code_of("rules/scripts/language_model.py"),
    output:
        directory("results/models/language_model"),
    log:
        "results/logs/language_model.log",
    benchmark:
        "results/benchmarks/language_model.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        source=config["language_model"]["source"],
    message:
        "Load the language model and keep it as safetensors"
    script:
        "scripts/language_model.py"


rule language_text_states:
    input:
        model="results/models/language_model",
        texts="results/data/chemistry.parquet",
        code=code_of("rules/scripts/language_text_states.py"),
    output:
        "results/models/language_text_states.npz",
    log:
        "results/logs/language_text_states.log",
    benchmark:
        "results/benchmarks/language_text_states.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        context=config["language_model"]["context"],
    message:
        "Run the frozen blocks of the language model once over every text"
    script:
        "scripts/language_text_states.py"


rule language_query_states:
    input:
        model="results/models/language_model",
        queries="results/data/chemistry_queries.parquet",
        code=code_of("rules/scripts/language_query_states.py"),
    output:
        "results/models/language_query_states.npz",
    log:
        "results/logs/language_query_states.log",
    benchmark:
        "results/benchmarks/language_query_states.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        context=config["language_model"]["context"],
    message:
        "Run the frozen blocks of the language model over every query"
    script:
        "scripts/language_query_states.py"


rule language_adaptation:
    input:
        model="results/models/language_model",
        states="results/models/language_text_states.npz",
        code=code_of("rules/scripts/language_adaptation.py"),
    output:
        weights="results/models/language_adapted.npz",
        history="results/models/language_history.parquet",
        losses="results/models/language_losses.npz",
    log:
        "results/logs/language_adaptation.log",
    benchmark:
        "results/benchmarks/language_adaptation.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        training={
            name: config["language_model"][name]
            for name in ("epochs", "batch_size", "learning_rate", "seed")
        },
    message:
        "Go on training the last blocks of the language model on the chemistry texts"
    script:
        "scripts/language_adaptation.py"


# What a training of the small GPT reads of its section.
SMALL_GPT = {
    name: config["small_gpt"][name]
    for name in ("width", "heads", "layers", "steps", "learning_rate", "weight_decay")
}


rule small_gpt:
    input:
        corpus="results/data/small_corpus.npz",
        code=code_of("rules/scripts/small_gpt.py"),
    output:
        "results/models/small_gpt_{seed}.npz",
    log:
        "results/logs/small_gpt_{seed}.log",
    benchmark:
        "results/benchmarks/small_gpt_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        small_gpt=SMALL_GPT,
    message:
        "Train the small GPT on its whole corpus, seed {wildcards.seed}"
    script:
        "scripts/small_gpt.py"


SMALL_GPT_TUNING = {
    name: config["small_gpt_tuning"][name]
    for name in ("alpha", "steps", "learning_rate")
}


rule small_gpt_tuned:
    input:
        model="results/models/small_gpt_{seed}.npz",
        questions="results/data/small_questions.npz",
        code=code_of("rules/scripts/small_gpt_tuned.py"),
    output:
        "results/models/small_gpt_tuned_{seed}.npz",
    log:
        "results/logs/small_gpt_tuned_{seed}.log",
    benchmark:
        "results/benchmarks/small_gpt_tuned_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        tuning=SMALL_GPT_TUNING,
        heads=config["small_gpt"]["heads"],
    message:
        "Fine-tune the small GPT on questions, seed {wildcards.seed}"
    script:
        "scripts/small_gpt_tuned.py"


# The model of page 14_ask: the pipeline's own where it is the same, a folder where it lies, or else loaded once.
if config["ask"]["model"] == config["language_model"]["source"]:
    ASK_MODEL = "results/models/language_model"
elif Path(config["ask"]["model"]).is_dir():
    ASK_MODEL = config["ask"]["model"]
else:
    ASK_MODEL = "results/models/ask_source"
ASK_MODEL_FILES = (
    sorted(str(path) for path in Path(ASK_MODEL).iterdir() if path.is_file())
    if ASK_MODEL == config["ask"]["model"]
    else [ASK_MODEL]
)


rule ask_source:
    input:
        code=code_of("rules/scripts/ask_source.py"),
    output:
        directory("results/models/ask_source"),
    log:
        "results/logs/ask_source.log",
    benchmark:
        "results/benchmarks/ask_source.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        source=config["ask"]["model"],
    message:
        "Load the model that you ask about and keep it as safetensors"
    script:
        "scripts/ask_source.py"


rule language_tuning:
    input:
        model="results/models/language_model",
        questions="results/data/language_questions.parquet",
        texts="results/models/language_text_states.npz",
        weights="results/models/language_adapted.npz",
        code=code_of("rules/scripts/language_tuning.py"),
    output:
        states="results/models/language_question_states.npz",
        weights="results/models/language_tuned.npz",
        history="results/models/language_tuning_history.parquet",
        facts="results/models/language_tuning.json",
        losses="results/models/language_tuning_losses.npz",
        answers="results/models/language_tuning_answers.parquet",
    log:
        "results/logs/language_tuning.log",
    benchmark:
        "results/benchmarks/language_tuning.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        context=config["language_model"]["context"],
        alpha=config["two_stage_lm"]["alpha"],
        training={
            name: config["two_stage_lm"][name]
            for name in ("epochs", "batch_size", "learning_rate", "seed")
        },
        answered=config["two_stage_lm"]["answered"],
        tokens=config["two_stage_lm"]["answer_tokens"],
    message:
        "Fine-tune the language model on questions, near where the chemistry texts have led it"
    script:
        "scripts/language_tuning.py"
