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


rule image_head:
    input:
        features="results/attributions/image_features_{model}_{seed}.npz",
        code=code_of("rules/scripts/image_head.py"),
    output:
        "results/attributions/image_head_{model}_{seed}.npz",
    log:
        "results/logs/image_head_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/image_head_{model}_{seed}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2500,
    params:
        head=dict(
            directions=config["images"]["principal_directions"],
            cutoff=config["images"]["cutoff"],
            ridge=config["head_influence"]["ridge"],
            seed=config["head_influence"]["seed"],
        ),
    message:
        "Curvature, minimum and self-influence of the last layer ({wildcards.model}, seed {wildcards.seed})"
    script:
        "scripts/image_head.py"


rule image_head_influenciae:
    input:
        features="results/attributions/image_features_cnn_0.npz",
        code=code_of("rules/scripts/image_head_influenciae.py"),
    output:
        "results/attributions/image_head_influenciae.npz",
    log:
        "results/logs/image_head_influenciae.log",
    benchmark:
        "results/benchmarks/image_head_influenciae.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2500,
    params:
        sample={
            ours: config["head_influence"][name]
            for ours, name in (
                ("train_images", "influenciae_images"),
                ("test_images", "influenciae_tests"),
                ("cg_images", "cg_images"),
                ("cg_solves", "cg_solves"),
                ("iterations", "cg_iterations"),
                ("seed", "seed"),
            )
        },
    message:
        "Influence in the CNN's last layer by influenciae, exact and by conjugate gradient"
    script:
        "scripts/image_head_influenciae.py"


rule image_model_groups:
    input:
        features="results/attributions/image_features_{model}_{seed}.npz",
        code=code_of("rules/scripts/image_model_groups.py"),
    output:
        "results/attributions/image_groups_{model}_{seed}.npz",
    log:
        "results/logs/image_model_groups_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/image_model_groups_{model}_{seed}.tsv"
    wildcard_constraints:
        model="cnn|resnet|vgg19",
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: 8000 if wildcards.model == "vgg19" else 2000,
    params:
        inverse={
            "cutoff": config["images"]["cutoff"],
            "damping": config["images"]["damping"],
            "directions": config["images"]["principal_directions"],
        },
        grow={
            name: config["image_groups"][name]
            for name in ("per_class", "draw", "size", "damping_shares")
        },
    message:
        "Grow groups from seed images by raw and by cosine influence ({wildcards.model}, seed {wildcards.seed})"
    script:
        "scripts/image_model_groups.py"


rule language_covariance:
    input:
        model="results/models/language_model",
        texts="results/models/language_text_states.npz",
        weights="results/models/language_adapted.npz",
        code=code_of("rules/scripts/language_covariance.py"),
    output:
        directory("results/attributions/language_covariance_{partition}"),
    log:
        "results/logs/language_covariance_{partition}.log",
    benchmark:
        "results/benchmarks/language_covariance_{partition}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        partitions=config["language_model"]["partitions"],
        seed=config["language_model"]["seed"],
    message:
        "EK-FAC of the language model: covariances on partition {wildcards.partition} of the texts"
    script:
        "scripts/language_covariance.py"


rule language_eigen:
    input:
        model="results/models/language_model",
        covariances=expand(
            "results/attributions/language_covariance_{partition}",
            partition=range(config["language_model"]["partitions"]),
        ),
        code=code_of("rules/scripts/language_eigen.py"),
    output:
        directory("results/attributions/language_eigen"),
    log:
        "results/logs/language_eigen.log",
    benchmark:
        "results/benchmarks/language_eigen.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
    message:
        "EK-FAC of the language model: eigenvectors of the covariances"
    script:
        "scripts/language_eigen.py"


rule language_lambda:
    input:
        model="results/models/language_model",
        texts="results/models/language_text_states.npz",
        weights="results/models/language_adapted.npz",
        eigen="results/attributions/language_eigen",
        code=code_of("rules/scripts/language_lambda.py"),
    output:
        directory("results/attributions/language_lambda_{partition}"),
    log:
        "results/logs/language_lambda_{partition}.log",
    benchmark:
        "results/benchmarks/language_lambda_{partition}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        partitions=config["language_model"]["partitions"],
        seed=config["language_model"]["seed"],
    message:
        "EK-FAC of the language model: eigenvalues on partition {wildcards.partition} of the texts"
    script:
        "scripts/language_lambda.py"


rule language_factors:
    input:
        model="results/models/language_model",
        eigen="results/attributions/language_eigen",
        lambdas=expand(
            "results/attributions/language_lambda_{partition}",
            partition=range(config["language_model"]["partitions"]),
        ),
        code=code_of("rules/scripts/language_factors.py"),
    output:
        directory("results/attributions/language_factors"),
    log:
        "results/logs/language_factors.log",
    benchmark:
        "results/benchmarks/language_factors.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
    message:
        "EK-FAC of the language model: the partitions together"
    script:
        "scripts/language_factors.py"


rule language_scores:
    input:
        model="results/models/language_model",
        texts="results/models/language_text_states.npz",
        queries="results/models/language_query_states.npz",
        weights="results/models/language_adapted.npz",
        factors="results/attributions/language_factors",
        code=code_of("rules/scripts/language_scores.py"),
    output:
        "results/attributions/language_scores_{partition}.npz",
    log:
        "results/logs/language_scores_{partition}.log",
    benchmark:
        "results/benchmarks/language_scores_{partition}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=5000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        partitions=config["language_model"]["partitions"],
    message:
        "Influence of partition {wildcards.partition} of the texts on every query, by kronfluence"
    script:
        "scripts/language_scores.py"


rule language_gradients:
    input:
        model="results/models/language_model",
        states=lambda wildcards: (
            "results/models/language_query_states.npz"
            if wildcards.split == "query"
            else "results/models/language_text_states.npz"
        ),
        weights="results/models/language_adapted.npz",
        code=code_of("rules/scripts/language_gradients.py"),
    output:
        "results/attributions/language_gradients_{split}.safetensors",
    log:
        "results/logs/language_gradients_{split}.log",
    benchmark:
        "results/benchmarks/language_gradients_{split}.tsv"
    wildcard_constraints:
        split="train|held_out|new|query",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
    message:
        "Gradients of the chosen layers, kept token by token ({wildcards.split})"
    script:
        "scripts/language_gradients.py"


rule language_methods:
    input:
        train="results/attributions/language_gradients_train.safetensors",
        query="results/attributions/language_gradients_query.safetensors",
        factors="results/attributions/language_factors",
        kronfluence=expand(
            "results/attributions/language_scores_{partition}.npz",
            partition=range(config["language_model"]["partitions"]),
        ),
        code=code_of("rules/scripts/language_methods.py"),
    output:
        methods="results/attributions/language_methods.npz",
        products="results/attributions/language_products.npz",
    log:
        "results/logs/language_methods.log",
    benchmark:
        "results/benchmarks/language_methods.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=5000,
    message:
        "Scores of every text for every query by all methods that need gradients"
    script:
        "scripts/language_methods.py"


rule language_retrieval:
    input:
        model="results/models/language_model",
        texts="results/data/chemistry.parquet",
        queries="results/data/chemistry_queries.parquet",
        states="results/models/language_text_states.npz",
        code=code_of("rules/scripts/language_retrieval.py"),
    output:
        scores="results/attributions/language_retrieval.npz",
        variants="results/attributions/language_retrieval_variants.npz",
        vectors="results/attributions/language_vectors.npz",
    log:
        "results/logs/language_retrieval.log",
    benchmark:
        "results/benchmarks/language_retrieval.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        context=config["language_model"]["context"],
        seed=config["language_model"]["seed"],
    message:
        "Score every text for every query by retrieval: TF-IDF, BM25, embeddings"
    script:
        "scripts/language_retrieval.py"


rule language_low_rank:
    input:
        train="results/attributions/language_gradients_train.safetensors",
        query="results/attributions/language_gradients_query.safetensors",
        factors="results/attributions/language_factors",
        queries="results/data/chemistry_queries.parquet",
        code=code_of("rules/scripts/language_low_rank.py"),
    output:
        scores="results/attributions/language_low_rank.npz",
        ranks="results/attributions/language_ranks.parquet",
    log:
        "results/logs/language_low_rank.log",
    benchmark:
        "results/benchmarks/language_low_rank.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        queries=config["scaling_to_corpora"]["queries"],
        ranks=config["scaling_to_corpora"]["ranks"],
        ranked=config["scaling_to_corpora"]["ranked_queries"],
    message:
        "Influence from query gradients of low rank"
    script:
        "scripts/language_low_rank.py"


rule language_query_batching:
    input:
        model="results/models/language_model",
        texts="results/models/language_text_states.npz",
        asked="results/models/language_query_states.npz",
        queries="results/data/chemistry_queries.parquet",
        weights="results/models/language_adapted.npz",
        factors="results/attributions/language_factors",
        code=code_of("rules/scripts/language_query_batching.py"),
    output:
        facts="results/attributions/language_query_batching.json",
        scores="results/attributions/language_query_batching.npz",
    log:
        "results/logs/language_query_batching.log",
    benchmark:
        "results/benchmarks/language_query_batching.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        seed=config["language_model"]["seed"],
        queries=config["scaling_to_corpora"]["batched_queries"],
        texts=config["scaling_to_corpora"]["batched_texts"],
        rank=config["scaling_to_corpora"]["rank"],
    message:
        "Watch what kronfluence holds and computes while it scores a batch of queries"
    script:
        "scripts/language_query_batching.py"


rule language_search:
    input:
        model="results/models/language_model",
        table="results/data/chemistry.parquet",
        texts="results/models/language_text_states.npz",
        queries="results/data/chemistry_queries.parquet",
        vectors="results/attributions/language_vectors.npz",
        asked="results/attributions/language_gradients_query.safetensors",
        weights="results/models/language_adapted.npz",
        factors="results/attributions/language_factors",
        code=code_of("rules/scripts/language_search.py"),
    output:
        scores="results/attributions/language_search.npz",
        cost="results/attributions/language_search_cost.parquet",
    log:
        "results/logs/language_search.log",
    benchmark:
        "results/benchmarks/language_search.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        kept=config["scaling_to_corpora"]["kept"],
        searched=config["scaling_to_corpora"]["searched_queries"],
    message:
        "Search first, then influence on the texts found"
    script:
        "scripts/language_search.py"


rule small_gpt_scores:
    input:
        model="results/models/small_gpt_{seed}.npz",
        corpus="results/data/small_corpus.npz",
        table="results/data/small_corpus.parquet",
        code=code_of("rules/scripts/small_gpt_scores.py"),
    output:
        "results/attributions/small_gpt_scores_{scope}_{seed}.npz",
    log:
        "results/logs/small_gpt_scores_{scope}_{seed}.log",
    benchmark:
        "results/benchmarks/small_gpt_scores_{scope}_{seed}.tsv"
    wildcard_constraints:
        scope="mlp|all",
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        heads=config["small_gpt"]["heads"],
        pattern=lambda wildcards: {"mlp": "mlp", "all": ""}[wildcards.scope],
        dampings=config["lm_scoreboard"]["dampings"],
        seed=config["lm_scoreboard"]["seed"],
    message:
        "Scores of the small GPT's texts by all methods (layers: {wildcards.scope}, seed {wildcards.seed})"
    script:
        "scripts/small_gpt_scores.py"


rule small_gpt_newton:
    input:
        model="results/models/small_gpt_0.npz",
        corpus="results/data/small_corpus.npz",
        code=code_of("rules/scripts/small_gpt_newton.py"),
    output:
        "results/attributions/small_gpt_newton.npz",
    log:
        "results/logs/small_gpt_newton.log",
    benchmark:
        "results/benchmarks/small_gpt_newton.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        heads=config["small_gpt"]["heads"],
        decay=config["small_gpt"]["weight_decay"],
        queries=config["lm_scoreboard"]["newton_queries"],
    message:
        "Influence on the small GPT with the Gauss-Newton matrix of all parameters"
    script:
        "scripts/small_gpt_newton.py"


# What Snakemake measured of the steps that methods have in common.
LANGUAGE_BENCHMARKS = [
    f"results/benchmarks/language_{step}.tsv"
    for step in (
        "text_states",
        "query_states",
        "gradients_train",
        "gradients_query",
        "eigen",
        "factors",
        *[
            f"{stage}_{partition}"
            for stage in ("covariance", "lambda")
            for partition in range(config["language_model"]["partitions"])
        ],
    )
]


rule method_costs:
    input:
        model="results/models/language_model",
        train="results/attributions/language_gradients_train.safetensors",
        query="results/attributions/language_gradients_query.safetensors",
        factors="results/attributions/language_factors",
        methods="results/attributions/language_methods.npz",
        texts="results/data/chemistry.parquet",
        queries="results/data/chemistry_queries.parquet",
        spent=LANGUAGE_BENCHMARKS,
        code=code_of("rules/scripts/method_costs.py"),
    output:
        "results/attributions/method_costs.parquet",
    log:
        "results/logs/method_costs.log",
    benchmark:
        "results/benchmarks/method_costs.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=5000,
    message:
        "Seconds and memory of each method on the language model"
    script:
        "scripts/method_costs.py"


rule language_tokens:
    input:
        model="results/models/language_model",
        states="results/models/language_text_states.npz",
        weights="results/models/language_adapted.npz",
        queries="results/data/chemistry_queries.parquet",
        query="results/attributions/language_gradients_query.safetensors",
        factors="results/attributions/language_factors",
        methods="results/attributions/language_methods.npz",
        code=code_of("rules/scripts/language_tokens.py"),
    output:
        "results/attributions/language_tokens.parquet",
    log:
        "results/logs/language_tokens.log",
    benchmark:
        "results/benchmarks/language_tokens.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        queries=config["token_influence"]["queries"],
        texts=config["token_influence"]["texts"],
    message:
        "Split the influence of the most influential texts into their tokens, in both ways"
    script:
        "scripts/language_tokens.py"


rule language_new_scores:
    input:
        query="results/attributions/language_gradients_query.safetensors",
        new="results/attributions/language_gradients_new.safetensors",
        factors="results/attributions/language_factors",
        code=code_of("rules/scripts/language_new_scores.py"),
    output:
        "results/attributions/language_new_scores.npz",
    log:
        "results/logs/language_new_scores.log",
    benchmark:
        "results/benchmarks/language_new_scores.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    message:
        "Influence of the sentences that are not in the corpus"
    script:
        "scripts/language_new_scores.py"


ASK_WHICH = {"folder": ASK_MODEL} | {
    name: config["ask"][name] for name in ("blocks", "layers", "longest")
}


rule ask_model:
    input:
        texts="results/data/ask_corpus.parquet",
        model=lambda wildcards: ASK_MODEL_FILES,
        code=code_of("rules/scripts/ask_model.py"),
    output:
        states="results/models/ask_states.npz",
        weights="results/models/ask_weights.npz",
        history="results/models/ask_history.parquet",
        factors=directory("results/attributions/ask_factors"),
    log:
        "results/logs/ask_model.log",
    benchmark:
        "results/benchmarks/ask_model.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        which=lambda wildcards: ASK_WHICH,
        adapted=(
            config["ask"]["model"] == PACKAGED
            if config["ask"]["adapt"] == "auto"
            else config["ask"]["adapt"]
        ),
        training={
            name: config["ask"][name]
            for name in ("epochs", "batch_size", "learning_rate", "seed")
        },
    message:
        "Fit the curvature of the model that you ask about on your own texts"
    script:
        "scripts/ask_model.py"


rule ask_scores:
    input:
        texts="results/data/ask_corpus.parquet",
        queries="results/data/ask_queries.parquet",
        model=lambda wildcards: ASK_MODEL_FILES,
        states="results/models/ask_states.npz",
        weights="results/models/ask_weights.npz",
        factors="results/attributions/ask_factors",
        code=code_of("rules/scripts/ask_scores.py"),
    output:
        scores="results/attributions/ask_scores.parquet",
        csv="results/attributions/ask_scores.csv",
        tokens="results/attributions/ask_tokens.parquet",
        answers="results/attributions/ask_answers.parquet",
    log:
        "results/logs/ask_scores.log",
    benchmark:
        "results/benchmarks/ask_scores.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        which=lambda wildcards: ASK_WHICH,
        damping=config["ask"]["damping"],
        heatmaps=config["ask"]["heatmaps"],
        answer_tokens=config["ask"]["answer_tokens"],
    message:
        "Rank your own texts for each of your questions, and split the first and last into tokens"
    script:
        "scripts/ask_scores.py"


rule language_tuned_factors:
    input:
        model="results/models/language_model",
        states="results/models/language_question_states.npz",
        weights="results/models/language_tuned.npz",
        code=code_of("rules/scripts/language_tuned_factors.py"),
    output:
        directory("results/attributions/language_tuned_factors"),
    log:
        "results/logs/language_tuned_factors.log",
    benchmark:
        "results/benchmarks/language_tuned_factors.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        seed=config["two_stage_lm"]["seed"],
    message:
        "EK-FAC of the language model's second stage"
    script:
        "scripts/language_tuned_factors.py"


rule language_two_stage:
    input:
        model="results/models/language_model",
        questions="results/data/language_questions.parquet",
        table="results/data/chemistry.parquet",
        states="results/models/language_question_states.npz",
        texts="results/models/language_text_states.npz",
        adapted="results/models/language_adapted.npz",
        tuned="results/models/language_tuned.npz",
        train="results/attributions/language_gradients_train.safetensors",
        factors="results/attributions/language_factors",
        tuned_factors="results/attributions/language_tuned_factors",
        code=code_of("rules/scripts/language_two_stage.py"),
    output:
        "results/attributions/language_two_stage.npz",
    log:
        "results/logs/language_two_stage.log",
    benchmark:
        "results/benchmarks/language_two_stage.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        alpha=config["two_stage_lm"]["alpha"],
        others=config["two_stage_lm"]["other_alphas"],
        seed=config["two_stage_lm"]["seed"],
    message:
        "Influence of the chemistry texts on the fine-tuned model's answers, through two stages and without parts of it"
    script:
        "scripts/language_two_stage.py"


rule language_two_stage_cost:
    input:
        model="results/models/language_model",
        states="results/models/language_question_states.npz",
        texts="results/models/language_text_states.npz",
        adapted="results/models/language_adapted.npz",
        tuned="results/models/language_tuned.npz",
        code=code_of("rules/scripts/language_two_stage_cost.py"),
    output:
        "results/attributions/language_two_stage_cost.parquet",
    log:
        "results/logs/language_two_stage_cost.log",
    benchmark:
        "results/benchmarks/language_two_stage_cost.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        alpha=config["two_stage_lm"]["alpha"],
        texts=config["two_stage_lm"]["cost_texts"],
        queries=config["two_stage_lm"]["cost_queries"],
        attributed=config["two_stage_lm"]["cost_layers"],
        draws=config["two_stage_lm"]["cost_draws"],
        repeats=config["two_stage_lm"]["cost_repeats"],
        seed=config["two_stage_lm"]["seed"],
    message:
        "Seconds and memory of influence through two stages, beside one"
    script:
        "scripts/language_two_stage_cost.py"


# What scores of both stages have in common.
TWO_STAGE = {
    name: config["two_stage_retraining"][name]
    for name in ("seed", "share", "corpus_draws", "tuning_draws", "sketch")
} | {
    "heads": config["small_gpt"]["heads"],
    "decay": config["small_gpt"]["weight_decay"],
}


rule two_stage_scores:
    input:
        model="results/models/small_gpt_{seed}.npz",
        tuned="results/models/small_gpt_tuned_{seed}.npz",
        tokens="results/data/small_corpus.npz",
        corpus="results/data/small_corpus.parquet",
        questions="results/data/small_questions.npz",
        asked="results/data/small_questions.parquet",
        code=code_of("rules/scripts/two_stage_scores.py"),
    output:
        "results/attributions/two_stage_scores_{seed}.npz",
    log:
        "results/logs/two_stage_scores_{seed}.log",
    benchmark:
        "results/benchmarks/two_stage_scores_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        **TWO_STAGE,
        alpha=config["small_gpt_tuning"]["alpha"],
        strong_damping=config["two_stage_retraining"]["strong_damping"],
    message:
        "Score pre-training texts through fine-tuning, seed {wildcards.seed}"
    script:
        "scripts/two_stage_scores.py"
