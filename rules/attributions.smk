# Stage: attributions.


rule theory_influence:
    input:
        data="results/data/theory.npz",
        models="results/models/theory.npz",
        code=code_of("rules/scripts/theory_influence.py"),
    output:
        "results/attributions/theory.npz",
    log:
        "results/logs/theory_influence.log",
    benchmark:
        "results/benchmarks/theory_influence.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        points=config["taylor_neumann"]["points"],
        seed=config["taylor_neumann"]["seed"],
    message:
        "Influence of every training point of the four theory models"
    script:
        "scripts/theory_influence.py"


rule kronfluence_factors:
    input:
        digits="results/data/digits.npz",
        networks="results/models/digits_cross_entropy.npz",
        code=code_of("rules/scripts/kronfluence_factors.py"),
    output:
        "results/attributions/kronfluence_factors.npz",
    log:
        "results/logs/kronfluence_factors.log",
    benchmark:
        "results/benchmarks/kronfluence_factors.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    message:
        "Fit Kronecker factors of a digit network with kronfluence"
    script:
        "scripts/kronfluence_factors.py"


rule relative_influence:
    input:
        data="results/data/relative_influence.npz",
        models="results/models/relative_influence.npz",
        code=code_of("rules/scripts/relative_influence.py"),
    output:
        "results/attributions/relative_influence.npz",
    log:
        "results/logs/relative_influence.log",
    benchmark:
        "results/benchmarks/relative_influence.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    message:
        "Influence, its normalisers and self-influence in three worlds"
    script:
        "scripts/relative_influence.py"


rule influenciae_relative:
    input:
        data="results/data/relative_influence.npz",
        models="results/models/relative_influence.npz",
        code=code_of("rules/scripts/influenciae_relative.py"),
    output:
        "results/attributions/influenciae.npz",
    log:
        "results/logs/influenciae_relative.log",
    benchmark:
        "results/benchmarks/influenciae_relative.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2500,
    message:
        "Influence and relative influence of the toy network by influenciae"
    script:
        "scripts/influenciae_relative.py"


rule toy_margin_influence:
    input:
        data="results/data/toy.npz",
        networks="results/models/toy_leave_one_out.npz",
        subsets="results/models/toy_subsets_0.5.npz",
        code=code_of("rules/scripts/toy_margin_influence.py"),
    output:
        "results/attributions/toy_margin_influence.npz",
    log:
        "results/logs/toy_margin_influence.log",
    benchmark:
        "results/benchmarks/toy_margin_influence.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        targets=config["datamodels_trak"]["targets"],
        embedded=config["datamodels_trak"]["embedded"],
        dampings=config["datamodels_trak"]["dampings"],
        judging=config["datamodels_trak"]["sizes"][0],  # subsets that choose the damping
    message:
        "Influence of the toy points on margins, for each damping"
    script:
        "scripts/toy_margin_influence.py"


rule toy_averaged_influence:
    input:
        data="results/data/toy.npz",
        subsets="results/models/toy_subsets_0.5.npz",
        influence="results/attributions/toy_margin_influence.npz",
        code=code_of("rules/scripts/toy_averaged_influence.py"),
    output:
        "results/attributions/toy_averaged_influence.npz",
    log:
        "results/logs/toy_averaged_influence.log",
    benchmark:
        "results/benchmarks/toy_averaged_influence.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        dampings=config["datamodels_trak"]["dampings"],
    message:
        "Influence averaged over the toy networks that TRAK reads, for each damping"
    script:
        "scripts/toy_averaged_influence.py"


rule toy_datamodels:
    input:
        subsets="results/models/toy_subsets_{alpha}.npz",
        influence="results/attributions/toy_margin_influence.npz",
        code=code_of("rules/scripts/toy_datamodels.py"),
    output:
        "results/attributions/toy_datamodels_{alpha}.npz",
    log:
        "results/logs/toy_datamodels_{alpha}.log",
    benchmark:
        "results/benchmarks/toy_datamodels_{alpha}.tsv"
    wildcard_constraints:
        alpha=r"0\.\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        sizes=config["datamodels_trak"]["sizes"],
    message:
        "Fit linear datamodels by LASSO, from retrainings and from influence (α = {wildcards.alpha})"
    script:
        "scripts/toy_datamodels.py"


rule toy_trak:
    input:
        data="results/data/toy.npz",
        subsets="results/models/toy_subsets_0.5.npz",
        influence="results/attributions/toy_margin_influence.npz",
        code=code_of("rules/scripts/toy_trak.py"),
    output:
        "results/attributions/toy_trak.npz",
    log:
        "results/logs/toy_trak.log",
    benchmark:
        "results/benchmarks/toy_trak.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        dimensions=config["datamodels_trak"]["trak_dimensions"],
    message:
        "TRAK's scores from more and more toy networks, for each projection dimension"
    script:
        "scripts/toy_trak.py"


rule toy_traker:
    input:
        data="results/data/toy.npz",
        subsets="results/models/toy_subsets_0.5.npz",
        influence="results/attributions/toy_margin_influence.npz",
        code=code_of("rules/scripts/toy_traker.py"),
    output:
        "results/attributions/toy_traker.npz",
    log:
        "results/logs/toy_traker.log",
    benchmark:
        "results/benchmarks/toy_traker.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        toy=TOY_TRAINING,
        models=10,  # as many as the page's table shows
        # the smallest, and the middle one, which predicts best by default
        dimensions=[
            config["datamodels_trak"]["trak_dimensions"][place]
            for place in (0, len(config["datamodels_trak"]["trak_dimensions"]) // 2)
        ],
    message:
        "TRAK's scores by the package traker, from the same networks and projections"
    script:
        "scripts/toy_traker.py"


rule toy_attributions:
    input:
        data="results/data/toy.npz",
        networks="results/models/toy_scoreboard.npz",
        influence="results/attributions/toy_margin_influence.npz",
        code=code_of("rules/scripts/toy_attributions.py"),
    output:
        "results/attributions/toy_attributions.npz",
    log:
        "results/logs/toy_attributions.log",
    benchmark:
        "results/benchmarks/toy_attributions.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
        scoreboard={
            name: value
            for name, value in config["toy_scoreboard"].items()
            if name not in ("checkpoints", "flipped_share", "removed")
        },
    message:
        "Score the training points of the toy network with every attribution method"
    script:
        "scripts/toy_attributions.py"


rule toy_ensembles:
    input:
        data="results/data/toy.npz",
        subsets="results/models/toy_subsets_0.5.npz",
        trak="results/attributions/toy_trak.npz",
        averaged="results/attributions/toy_averaged_influence.npz",
        influence="results/attributions/toy_margin_influence.npz",
        code=code_of("rules/scripts/toy_ensembles.py"),
    output:
        "results/attributions/toy_ensembles.npz",
    log:
        "results/logs/toy_ensembles.log",
    benchmark:
        "results/benchmarks/toy_ensembles.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
    message:
        "Datamodels and TRAK from many toy networks, with what they cost"
    script:
        "scripts/toy_ensembles.py"


rule influenciae_toy:
    input:
        data="results/data/toy.npz",
        networks="results/models/toy_scoreboard.npz",
        code=code_of("rules/scripts/influenciae_toy.py"),
    output:
        "results/attributions/influenciae_toy.npz",
    log:
        "results/logs/influenciae_toy.log",
    benchmark:
        "results/benchmarks/influenciae_toy.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2500,
    params:
        toy=TOY_TRAINING,
        damping=config["toy_scoreboard"]["damping"],
        raised=0.1,  # above the cut of its pseudo-inverse
        rate=config["toy"]["learning_rate"],
        decay=config["toy_scoreboard"]["representer_decay"],
        measured=10,  # test points
        few=5,  # training points of its conjugate gradient, 1.5 s each
    message:
        "Influence, TracIn and representer points of the toy network by influenciae"
    script:
        "scripts/influenciae_toy.py"


rule image_features:
    input:
        data="results/data/images.npz",
        model="results/models/images_{model}_{seed}.npz",
        code=code_of("rules/scripts/image_features.py"),
    output:
        "results/attributions/image_features_{model}_{seed}.npz",
    log:
        "results/logs/image_features_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/image_features_{model}_{seed}.tsv"
    wildcard_constraints:
        model="cnn|resnet|vgg19",
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: 3000 if wildcards.model == "vgg19" else 1500,
    message:
        "Export the last layer and its inputs of {wildcards.model}, seed {wildcards.seed}, for all images"
    script:
        "scripts/image_features.py"
