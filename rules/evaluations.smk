# Stage: evaluations.


rule theory_responses:
    input:
        data="results/data/theory.npz",
        models="results/models/theory.npz",
        influence="results/attributions/theory.npz",
        code=code_of("rules/scripts/theory_responses.py"),
    output:
        "results/evaluations/theory_responses.parquet",
    log:
        "results/logs/theory_responses.log",
    benchmark:
        "results/benchmarks/theory_responses.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        epsilons=config["taylor_neumann"]["epsilons"],
        smallest=config["taylor_neumann"]["smallest_scaled"],
        largest=config["taylor_neumann"]["largest_scaled"],
    message:
        "Refit the four theory models with up-weighted points"
    script:
        "scripts/theory_responses.py"


rule theory_differences:
    input:
        data="results/data/theory.npz",
        models="results/models/theory.npz",
        influence="results/attributions/theory.npz",
        code=code_of("rules/scripts/theory_differences.py"),
    output:
        "results/evaluations/theory_differences.parquet",
    log:
        "results/logs/theory_differences.log",
    benchmark:
        "results/benchmarks/theory_differences.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        step=config["taylor_neumann"]["difference_step"],
    message:
        "Finite differences along refits of the four theory models"
    script:
        "scripts/theory_differences.py"


rule theory_leave_one_out:
    input:
        data="results/data/theory.npz",
        models="results/models/theory.npz",
        code=code_of("rules/scripts/theory_leave_one_out.py"),
    output:
        "results/evaluations/theory_leave_one_out.npz",
    log:
        "results/logs/theory_leave_one_out.log",
    benchmark:
        "results/benchmarks/theory_leave_one_out.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    message:
        "Refit linear and ridge regression without each training point"
    script:
        "scripts/theory_leave_one_out.py"


rule curvature_decomposition:
    input:
        digits="results/data/digits.npz",
        networks="results/models/digits_{loss}.npz",
        code=code_of("rules/scripts/curvature_decomposition.py"),
    output:
        table="results/evaluations/decomposition_{loss}.parquet",
        spectra="results/evaluations/spectra_{loss}.npz",
    log:
        "results/logs/curvature_decomposition_{loss}.log",
    benchmark:
        "results/benchmarks/curvature_decomposition_{loss}.tsv"
    wildcard_constraints:
        loss="cross_entropy|squared_error",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        dampings=config["gauss_newton"]["dampings"],
    message:
        "Hessian, Gauss-Newton and residual term along training ({wildcards.loss})"
    script:
        "scripts/curvature_decomposition.py"


rule curvature_approximations:
    input:
        digits="results/data/digits.npz",
        networks="results/models/digits_cross_entropy.npz",
        code=code_of("rules/scripts/curvature_approximations.py"),
    output:
        "results/evaluations/curvature_approximations.parquet",
    log:
        "results/logs/curvature_approximations.log",
    benchmark:
        "results/benchmarks/curvature_approximations.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    message:
        "Errors of block-diagonal, K-FAC and EK-FAC curvature along training"
    script:
        "scripts/curvature_approximations.py"


rule fisher_convergence:
    input:
        digits="results/data/digits.npz",
        networks="results/models/digits_cross_entropy.npz",
        code=code_of("rules/scripts/fisher_convergence.py"),
    output:
        "results/evaluations/fisher_convergence.parquet",
    log:
        "results/logs/fisher_convergence.log",
    benchmark:
        "results/benchmarks/fisher_convergence.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        doublings=config["gauss_newton"]["label_doublings"],
        seeds=config["gauss_newton"]["label_seeds"],
    message:
        "Fisher information with sampled labels, for more and more samples"
    script:
        "scripts/fisher_convergence.py"


rule curvature_cost:
    input:
        digits="results/data/digits.npz",
        code=code_of("rules/scripts/curvature_cost.py"),
    output:
        "results/evaluations/curvature_cost.parquet",
    log:
        "results/logs/curvature_cost.log",
    benchmark:
        "results/benchmarks/curvature_cost.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        widths=config["gauss_newton"]["cost_widths"],
        images=config["gauss_newton"]["cost_images"],
        repeats=config["gauss_newton"]["cost_repeats"],
        explicit_parameters=config["gauss_newton"]["explicit_parameters"],
    message:
        "Time and memory of each form of curvature as the network widens"
    script:
        "scripts/curvature_cost.py"


rule response_gaps:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/response_gaps.py"),
    output:
        "results/evaluations/response_gaps_{seed}.npz",
    log:
        "results/logs/response_gaps_{seed}.log",
    benchmark:
        "results/benchmarks/response_gaps_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        chosen={
            name: config["response_functions"][name]
            for name in (
                "lengths",
                "length",
                "dampings",
                "damping",
                "points",
                "tests",
                "lissa_depth",
            )
        },
    message:
        "Take the five steps from leave-one-out retraining to influence (seed {wildcards.seed})"
    script:
        "scripts/response_gaps.py"


rule fading:
    input:
        data="results/data/toy.npz",
        trained="results/models/toy_leave_one_out.npz",
        code=code_of("rules/scripts/fading.py"),
    output:
        "results/evaluations/fading.npz",
    log:
        "results/logs/fading.log",
    benchmark:
        "results/benchmarks/fading.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        chosen={
            name: config["response_functions"][name]
            for name in (
                "fading_dampings",
                "fading_points",
                "tests",
                "fading_rate",
                "fading_steps",
            )
        },
    message:
        "Train the toy network on by full-batch steps, with and without points"
    script:
        "scripts/fading.py"


rule architecture_sweeps:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/architecture_sweeps.py"),
    output:
        "results/evaluations/architecture_sweeps.npz",
    log:
        "results/logs/architecture_sweeps.log",
    benchmark:
        "results/benchmarks/architecture_sweeps.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        chosen={
            name: config["response_functions"][name]
            for name in (
                "seeds",
                "damping",
                "sweep_points",
                "tests",
                "depths",
                "widths",
                "decays",
            )
        },
    message:
        "Compare influence with retraining over depths, widths and weight decays"
    script:
        "scripts/architecture_sweeps.py"


rule repeated_leave_one_out:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/repeated_leave_one_out.py"),
    output:
        "results/evaluations/repeated_leave_one_out.npz",
    log:
        "results/logs/repeated_leave_one_out.log",
    benchmark:
        "results/benchmarks/repeated_leave_one_out.tsv"
    conda:
        "../envs/main.yaml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
    message:
        "Compute the toy network's leave-one-out matrix twice, in float64"
    script:
        "scripts/repeated_leave_one_out.py"


rule convex_removals:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/convex_removals.py"),
    output:
        "results/evaluations/convex_removals.npz",
    log:
        "results/logs/convex_removals.log",
    benchmark:
        "results/benchmarks/convex_removals.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        decay=config["response_functions"]["convex_decay"],
    message:
        "Refit least squares and logistic regression without each toy point"
    script:
        "scripts/convex_removals.py"


rule relative_removals:
    input:
        data="results/data/relative_influence.npz",
        models="results/models/relative_influence.npz",
        code=code_of("rules/scripts/relative_removals.py"),
    output:
        "results/evaluations/relative_removals_{world}.npz",
    log:
        "results/logs/relative_removals_{world}.log",
    benchmark:
        "results/benchmarks/relative_removals_{world}.tsv"
    wildcard_constraints:
        world="toy|cancer|digits",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        cold_points=config["relative_influence"]["cold_points"],
    message:
        "Remove training points and train again ({wildcards.world})"
    script:
        "scripts/relative_removals.py"


rule relative_constraints:
    input:
        data="results/data/relative_influence.npz",
        models="results/models/relative_influence.npz",
        code=code_of("rules/scripts/relative_constraints.py"),
    output:
        "results/evaluations/relative_constraints.parquet",
    log:
        "results/logs/relative_constraints.log",
    benchmark:
        "results/benchmarks/relative_constraints.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        bound=config["relative_influence"]["bound"],
    message:
        "Largest change of test losses under two bounds, by refits of logistic regression"
    script:
        "scripts/relative_constraints.py"


rule relative_cold_bias:
    input:
        data="results/data/toy.npz",
        retrained="results/models/toy_leave_one_out.npz",
        code=code_of("rules/scripts/relative_cold_bias.py"),
    output:
        "results/evaluations/relative_cold_bias.parquet",
    log:
        "results/logs/relative_cold_bias.log",
    benchmark:
        "results/benchmarks/relative_cold_bias.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        damping=config["relative_influence"]["damping"],
    message:
        "Compare influence and retraining from scratch with the training loss, report's network"
    script:
        "scripts/relative_cold_bias.py"


rule bench:
    input:
        costs="results/evaluations/curvature_cost.parquet",
        code=code_of("rules/scripts/bench.py"),
    output:
        "results/benchmarks/summary.json",
    log:
        "results/logs/bench.log",
    benchmark:
        "results/benchmarks/bench.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Speed of each method against its alternative"
    script:
        "scripts/bench.py"


rule retraining_bench:
    input:
        data="results/data/toy.npz",
        code=code_of("rules/scripts/retraining_bench.py"),
    output:
        ratios="results/benchmarks/retraining.json",
        cost="results/benchmarks/retraining_cost.parquet",
    log:
        "results/logs/retraining_bench.log",
    benchmark:
        "results/benchmarks/retraining_bench.tsv"
    conda:
        "../envs/main.yaml"
    threads: 2
    resources:
        mem_mb=3000,
    params:
        toy={
            name: value
            for name, value in config["toy"].items()
            if not name.startswith("groups_")
        },
    message:
        "Time the retraining engine against a torch loop and Keras"
    script:
        "scripts/retraining_bench.py"


rule toy_scores:
    input:
        held_out=TOY_HELD_OUT,
        datamodels=expand(
            "results/attributions/toy_datamodels_{alpha}.npz", alpha=TOY_ALPHAS
        ),
        influence="results/attributions/toy_margin_influence.npz",
        trak="results/attributions/toy_trak.npz",
        averaged="results/attributions/toy_averaged_influence.npz",
        code=code_of("rules/scripts/toy_scores.py"),
    output:
        "results/evaluations/toy_scores.parquet",
    log:
        "results/logs/toy_scores.log",
    benchmark:
        "results/benchmarks/toy_scores.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        alphas=TOY_ALPHAS,
    message:
        "Linear datamodeling scores of datamodels, influence and TRAK on held-out subsets"
    script:
        "scripts/toy_scores.py"


rule toy_scoreboard:
    input:
        data="results/data/toy.npz",
        networks="results/models/toy_scoreboard.npz",
        leave_one_out="results/models/toy_leave_one_out.npz",
        removals="results/models/toy_removals.npz",
        held_out="results/models/toy_held_out.npz",
        scores="results/attributions/toy_attributions.npz",
        ensembles="results/attributions/toy_ensembles.npz",
        code=code_of("rules/scripts/toy_scoreboard.py"),
    output:
        "results/evaluations/toy_scoreboard.parquet",
    log:
        "results/logs/toy_scoreboard.log",
    benchmark:
        "results/benchmarks/toy_scoreboard.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
    message:
        "Compare every attribution method with leave-one-out, PBRF, subsets and wrong labels"
    script:
        "scripts/toy_scoreboard.py"


rule retraining_cost_plot:
    input:
        cost="results/benchmarks/retraining_cost.parquet",
        code=code_of("rules/scripts/retraining_cost_plot.py"),
    output:
        "results/benchmarks/retraining_cost.html",
    log:
        "results/logs/retraining_cost_plot.log",
    benchmark:
        "results/benchmarks/retraining_cost_plot.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Draw the cost of a retraining against points and size of the network"
    script:
        "scripts/retraining_cost_plot.py"


rule toy_group_agreement:
    input:
        data="results/data/toy.npz",
        retrained="results/models/toy_group_retrainings.npz",
        code=code_of("rules/scripts/toy_group_agreement.py"),
    output:
        "results/evaluations/toy_group_agreement.parquet",
    log:
        "results/logs/toy_group_agreement.log",
    benchmark:
        "results/benchmarks/toy_group_agreement.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
        dampings=config["functioning_groups"]["dampings"],
    message:
        "Compare retraining without groups with the first- and second-order formulas"
    script:
        "scripts/toy_group_agreement.py"


rule toy_damping:
    input:
        data="results/data/toy.npz",
        networks="results/models/toy_networks.npz",
        code=code_of("rules/scripts/toy_damping.py"),
    output:
        "results/evaluations/toy_damping.parquet",
    log:
        "results/logs/toy_damping.log",
    benchmark:
        "results/benchmarks/toy_damping.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        dampings=config["functioning_groups"]["dampings"],
        top_points=config["functioning_groups"]["top_points"],
    message:
        "Self-influence and maps of the toy networks, last layer and all layers, over a grid of dampings"
    script:
        "scripts/toy_damping.py"


rule groups_tuning:
    input:
        code=code_of("rules/scripts/groups_tuning.py"),
    output:
        "results/evaluations/groups_tuning.parquet",
    log:
        "results/logs/groups_tuning.log",
    benchmark:
        "results/benchmarks/groups_tuning.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        rule=dict(
            draws=config["functioning_groups"]["tuning_draws"],
            networks=config["functioning_groups"]["stop_networks"],
            dampings=config["functioning_groups"]["search_dampings"],
            damping=config["functioning_groups"]["search_damping"],
            neighbours=config["functioning_groups"]["stop_neighbours"],
        ),
    message:
        "Score functioning groups and plain clustering, in variants, on the tuning draws"
    script:
        "scripts/groups_tuning.py"


rule groups_recovery:
    input:
        tuning="results/evaluations/groups_tuning.parquet",
        code=code_of("rules/scripts/groups_recovery.py"),
    output:
        table="results/evaluations/groups_recovery.parquet",
        partitions="results/evaluations/groups_partitions.npz",
    log:
        "results/logs/groups_recovery.log",
    benchmark:
        "results/benchmarks/groups_recovery.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy=TOY_TRAINING,
        rule=dict(
            draws=config["functioning_groups"]["recovery_draws"],
            networks=config["functioning_groups"]["stop_networks"],
            damping=config["functioning_groups"]["search_damping"],
            neighbours=config["functioning_groups"]["stop_neighbours"],
        ),
    message:
        "Find the clusters of unseen draws by functioning groups and by plain clustering"
    script:
        "scripts/groups_recovery.py"


rule groups_validation:
    input:
        code=code_of("rules/scripts/groups_validation.py"),
    output:
        "results/evaluations/groups_validation.parquet",
    log:
        "results/logs/groups_validation.log",
    benchmark:
        "results/benchmarks/groups_validation.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        toy=TOY_TRAINING,
        rule=dict(
            draws=config["functioning_groups"]["validation_draws"],
            seeds=config["functioning_groups"]["validation_seeds"],
            controls=config["functioning_groups"]["validation_controls"],
            networks=config["functioning_groups"]["stop_networks"],
            damping=config["functioning_groups"]["search_damping"],
            neighbours=config["functioning_groups"]["stop_neighbours"],
        ),
    message:
        "Train again without each functioning group, without k-means clusters and random groups"
    script:
        "scripts/groups_validation.py"


rule groups_bench:
    input:
        code=code_of("rules/scripts/groups_bench.py"),
    output:
        "results/benchmarks/groups.json",
    log:
        "results/logs/groups_bench.log",
    benchmark:
        "results/benchmarks/groups_bench.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        bench={
            name: config["toy"][f"groups_bench_{name}"]
            for name in ("points", "steps", "repeats")
        },
    message:
        "Time the greedy search over many points beside influenciae's group call"
    script:
        "scripts/groups_bench.py"


rule image_head_removals:
    input:
        features="results/attributions/image_features_{model}_{seed}.npz",
        head="results/attributions/image_head_{model}_{seed}.npz",
        code=code_of("rules/scripts/image_head_removals.py"),
    output:
        removals="results/evaluations/image_head_removals_{model}_{seed}.parquet",
        agreement="results/evaluations/image_head_agreement_{model}_{seed}.parquet",
    log:
        "results/logs/image_head_removals_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/image_head_removals_{model}_{seed}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2500,
    params:
        directions=config["images"]["principal_directions"],
        tests=config["head_influence"]["tests"],
        removals=dict(
            ridge=config["head_influence"]["ridge"],
            shares=config["head_influence"]["shares"],
            groups=config["head_influence"]["groups"],
            group_size=config["head_influence"]["group_size"],
            seed=config["head_influence"]["seed"],
        ),
    message:
        "Refit the last layer without images, and compare ({wildcards.model}, seed {wildcards.seed})"
    script:
        "scripts/image_head_removals.py"


rule image_head_flips:
    input:
        features="results/attributions/image_features_{model}_{seed}.npz",
        code=code_of("rules/scripts/image_head_flips.py"),
    output:
        "results/evaluations/image_head_flips_{model}_{seed}.parquet",
    log:
        "results/logs/image_head_flips_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/image_head_flips_{model}_{seed}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2500,
    params:
        directions=config["images"]["principal_directions"],
        flips=dict(
            images=config["head_influence"]["flip_images"],
            share=config["head_influence"]["flip_share"],
            seeds=config["head_influence"]["flip_seeds"],
            ridge=config["head_influence"]["ridge"],
            cutoff=config["images"]["cutoff"],
        ),
    message:
        "Find wrong labels by self-influence, loss and margin ({wildcards.model}, seed {wildcards.seed})"
    script:
        "scripts/image_head_flips.py"


rule image_head_tables:
    input:
        removals=[
            f"results/evaluations/image_head_removals_{name}.parquet"
            for name in IMAGE_NAMES
        ],
        agreement=[
            f"results/evaluations/image_head_agreement_{name}.parquet"
            for name in IMAGE_NAMES
        ],
        flips=[
            f"results/evaluations/image_head_flips_{name}.parquet"
            for name in IMAGE_NAMES
        ],
        code=code_of("rules/scripts/image_head_tables.py"),
    output:
        removals="results/evaluations/image_head_removals.parquet",
        agreement="results/evaluations/image_head_agreement.parquet",
        flips="results/evaluations/image_head_flips.parquet",
    log:
        "results/logs/image_head_tables.log",
    benchmark:
        "results/benchmarks/image_head_tables.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        trained=IMAGE_RUNS,
    message:
        "Refits, agreement and wrong labels of all image models, in one table each"
    script:
        "scripts/image_head_tables.py"


rule image_head_solvers:
    input:
        features="results/attributions/image_features_cnn_0.npz",
        large=expand(
            "results/attributions/image_features_vgg19_{seed}.npz",
            seed=IMAGE_SEEDS["vgg19"][:1],
        ),
        code=code_of("rules/scripts/image_head_solvers.py"),
    output:
        "results/evaluations/image_head_solvers.parquet",
    log:
        "results/logs/image_head_solvers.log",
    benchmark:
        "results/benchmarks/image_head_solvers.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2500,
    params:
        sample=dict(
            images=config["head_influence"]["solver_images"],
            widths=config["head_influence"]["solver_widths"],
            seed=config["head_influence"]["seed"],
        ),
        solvers=dict(
            damping=config["images"]["damping"],
            directions=config["images"]["principal_directions"],
            products=config["head_influence"]["solver_products"],
        ),
    message:
        "Solve with the Hessians of ever larger last layers, by conjugate gradient and directly"
    script:
        "scripts/image_head_solvers.py"


rule image_groups_bench:
    input:
        code=code_of("rules/scripts/image_groups_bench.py"),
    output:
        "results/benchmarks/image_groups.json",
    log:
        "results/logs/image_groups_bench.log",
    benchmark:
        "results/benchmarks/image_groups_bench.tsv"
    conda:
        "../envs/main.yaml"
    threads: 2
    resources:
        mem_mb=4000,
    params:
        bench=config["image_groups_bench"],
    message:
        "Time a group of images from exported features beside influenciae's group call"
    script:
        "scripts/image_groups_bench.py"


rule image_groups:
    input:
        images="results/data/images.npz",
        features=[
            f"results/attributions/image_features_{model}_{seed}.npz"
            for model, seed in IMAGE_RUNS
        ],
        groups=[
            f"results/attributions/image_groups_{model}_{seed}.npz"
            for model, seed in IMAGE_RUNS
        ],
        code=code_of("rules/scripts/image_groups.py"),
    output:
        table="results/evaluations/image_groups.parquet",
        arrays="results/evaluations/image_groups.npz",
    log:
        "results/logs/image_groups.log",
    benchmark:
        "results/benchmarks/image_groups.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        trained=IMAGE_RUNS,
        measure={
            name: config["image_groups"][name] for name in ("draw", "random_groups")
        },
    message:
        "Measure the groups of all image models: purity, compactness, overlap, hubs, growth"
    script:
        "scripts/image_groups.py"


rule image_partition:
    input:
        features="results/attributions/image_features_{model}_{seed}.npz",
        code=code_of("rules/scripts/image_partition.py"),
    output:
        "results/evaluations/image_partition_{model}_{seed}.npz",
    log:
        "results/logs/image_partition_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/image_partition_{model}_{seed}.tsv"
    wildcard_constraints:
        model="cnn|resnet|vgg19",
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        section=config["image_partition"],
        images={
            name: config["images"][name]
            for name in ("cutoff", "damping", "principal_directions")
        },
    message:
        "Divide all training images into functioning groups ({wildcards.model}, seed {wildcards.seed})"
    script:
        "scripts/image_partition.py"


rule image_partition_agreement:
    input:
        partitions=expand(
            "results/evaluations/image_partition_{run}.npz", run=IMAGE_NAMES
        ),
        code=code_of("rules/scripts/image_partition_agreement.py"),
    output:
        table="results/evaluations/image_partition.parquet",
        subsets="results/evaluations/image_partition_subsets.parquet",
        similar="results/evaluations/image_partition_similar.parquet",
        shown="results/evaluations/image_partition.npz",
    log:
        "results/logs/image_partition_agreement.log",
    benchmark:
        "results/benchmarks/image_partition_agreement.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        runs=IMAGE_NAMES,
        section=config["image_partition"],
    message:
        "Compare the partitions of the images with labels, clusters, repetitions and each other"
    script:
        "scripts/image_partition_agreement.py"


rule image_partition_removals:
    input:
        features=expand(
            "results/attributions/image_features_{run}.npz", run=IMAGE_NAMES[:1]
        ),
        partition=expand(
            "results/evaluations/image_partition_{run}.npz", run=IMAGE_NAMES[:1]
        ),
        code=code_of("rules/scripts/image_partition_removals.py"),
    output:
        "results/evaluations/image_partition_removals.parquet",
    log:
        "results/logs/image_partition_removals.log",
    benchmark:
        "results/benchmarks/image_partition_removals.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        section=config["image_partition"],
        directions=config["images"]["principal_directions"],
    message:
        "Train the last layer again without functioning groups and without random ones"
    script:
        "scripts/image_partition_removals.py"


rule duplicates_pairs:
    input:
        images="results/data/images.npz",
        code=code_of("rules/scripts/duplicates_pairs.py"),
    output:
        pairs="results/data/near_duplicates.npz",
        calibration="results/evaluations/duplicates_calibration.parquet",
    log:
        "results/logs/duplicates_pairs.log",
    benchmark:
        "results/benchmarks/duplicates_pairs.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        thresholds={
            name: config["near_duplicates"][name]
            for name in ("coarse", "edges", "pixels")
        },
        checks={
            name: config["near_duplicates"][name]
            for name in ("copies", "upside_down", "seed")
        },
    message:
        "Compare every training image with every other one, and find near-duplicates"
    script:
        "scripts/duplicates_pairs.py"


DUPLICATE_QUERIES = {
    "limit": config["near_duplicates"]["queries"],
    "seed": config["near_duplicates"]["seed"],
}
ALL_LAYER_SEEDS = IMAGE_SEEDS["cnn"][: config["near_duplicates"]["all_layer_seeds"]]


rule duplicates_gradients:
    input:
        images="results/data/images.npz",
        pairs="results/data/near_duplicates.npz",
        model="results/models/images_cnn_{seed}.npz",
        features="results/attributions/image_features_cnn_{seed}.npz",
        code=code_of("rules/scripts/duplicates_gradients.py"),
    output:
        "results/attributions/duplicates_gradients_{seed}.npz",
    log:
        "results/logs/duplicates_gradients_{seed}.log",
    benchmark:
        "results/benchmarks/duplicates_gradients_{seed}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        queries=DUPLICATE_QUERIES,
        dimension=config["near_duplicates"]["trak_dimension"],
    message:
        "Compare the gradients of all layers of every training image with those of the queries (CNN, seed {wildcards.seed})"
    script:
        "scripts/duplicates_gradients.py"


rule duplicates_recall:
    input:
        images="results/data/images.npz",
        pairs="results/data/near_duplicates.npz",
        features=[
            f"results/attributions/image_features_{model}_{seed}.npz"
            for model, seed in IMAGE_RUNS
        ],
        gradients=expand(
            "results/attributions/duplicates_gradients_{seed}.npz",
            seed=ALL_LAYER_SEEDS,
        ),
        code=code_of("rules/scripts/duplicates_recall.py"),
    output:
        retrieval="results/evaluations/near_duplicates.parquet",
        pairs="results/evaluations/duplicates_pairs.parquet",
        example="results/evaluations/duplicates_example.npz",
    log:
        "results/logs/duplicates_recall.log",
    benchmark:
        "results/benchmarks/duplicates_recall.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=5000,
    params:
        models=IMAGE_RUNS,
        queries=DUPLICATE_QUERIES,
        rule=dict(
            cutoff=config["images"]["cutoff"],
            damping=config["images"]["damping"],
            directions=config["images"]["principal_directions"],
            size=config["near_duplicates"]["group_size"],
            groups=config["near_duplicates"]["groups"],
        ),
    message:
        "Ask influence, embeddings and gradients for the near-duplicates of each query"
    script:
        "scripts/duplicates_recall.py"


# Page 09_weights_boundary. Last layers of these models; all layers of the CNN alone.
BOUNDARY = config["weights_boundary"]
BOUNDARY_HEADS = [
    (model, seed) for model in ("cnn", "resnet") for seed in IMAGE_SEEDS[model]
]
BOUNDARY_CNN = [("cnn", seed) for seed in IMAGE_SEEDS["cnn"]]


rule boundary_singles:
    input:
        features="results/attributions/image_features_{model}_{seed}.npz",
        model="results/models/images_{model}_{seed}.npz",
        code=code_of("rules/scripts/boundary_singles.py"),
    output:
        "results/evaluations/weights_boundary_singles_{model}_{seed}.npz",
    log:
        "results/logs/boundary_singles_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/boundary_singles_{model}_{seed}.tsv"
    wildcard_constraints:
        model="cnn|resnet",
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        rule=dict(
            sample=BOUNDARY["sample"],
            seed=BOUNDARY["seed"],
            cutoff=config["images"]["cutoff"],
            steps=BOUNDARY["steps"],
            norm=BOUNDARY["largest_norm"],
        ),
    message:
        "Weights boundary of single images, beside self-influence ({wildcards.model}, seed {wildcards.seed})"
    script:
        "scripts/boundary_singles.py"


rule boundary_library:
    input:
        features="results/attributions/image_features_cnn_0.npz",
        code=code_of("rules/scripts/boundary_library.py"),
    output:
        "results/evaluations/weights_boundary_library.npz",
    log:
        "results/logs/boundary_library.log",
    benchmark:
        "results/benchmarks/boundary_library.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        images=BOUNDARY["library_images"],
        seed=BOUNDARY["seed"],
    message:
        "Weights boundary of the CNN's last layer by influenciae"
    script:
        "scripts/boundary_library.py"


rule boundary_groups:
    input:
        features="results/attributions/image_features_{model}_{seed}.npz",
        model="results/models/images_{model}_{seed}.npz",
        code=code_of("rules/scripts/boundary_groups.py"),
    output:
        "results/evaluations/weights_boundary_groups_{model}_{seed}.parquet",
    log:
        "results/logs/boundary_groups_{model}_{seed}.log",
    benchmark:
        "results/benchmarks/boundary_groups_{model}_{seed}.tsv"
    wildcard_constraints:
        model="cnn|resnet",
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        rule=dict(
            sizes=BOUNDARY["sizes"],
            draws=BOUNDARY["groups"],
            seed=BOUNDARY["seed"],
            steps=BOUNDARY["steps"],
            norm=BOUNDARY["largest_norm"],
            passes=BOUNDARY["passes"],
        ),
    message:
        "Weights boundary of groups in the last layer, five ways ({wildcards.model}, seed {wildcards.seed})"
    script:
        "scripts/boundary_groups.py"


rule boundary_network:
    input:
        images="results/data/images.npz",
        features="results/attributions/image_features_cnn_{seed}.npz",
        model="results/models/images_cnn_{seed}.npz",
        code=code_of("rules/scripts/boundary_network.py"),
    output:
        "results/evaluations/weights_boundary_network_cnn_{seed}.parquet",
    log:
        "results/logs/boundary_network_{seed}.log",
    benchmark:
        "results/benchmarks/boundary_network_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        groups=dict(
            sizes=BOUNDARY["network_sizes"],
            largest=max(BOUNDARY["sizes"]),
            draws=BOUNDARY["groups"],
            each=BOUNDARY["network_groups"],
            judged=BOUNDARY["judged_groups"],
            seed=BOUNDARY["seed"],
        ),
        steps=BOUNDARY["steps"],
        norm=BOUNDARY["largest_norm"],
    message:
        "The simple weights boundary of groups in all layers of the CNN (seed {wildcards.seed})"
    script:
        "scripts/boundary_network.py"


rule boundary_flips:
    input:
        images="results/data/images.npz",
        features="results/attributions/image_features_cnn_{seed}.npz",
        model="results/models/images_cnn_{seed}.npz",
        code=code_of("rules/scripts/boundary_flips.py"),
    output:
        "results/evaluations/weights_boundary_flips_cnn_{seed}.parquet",
    log:
        "results/logs/boundary_flips_{seed}.log",
    benchmark:
        "results/benchmarks/boundary_flips_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        groups=dict(
            size=BOUNDARY["flip_group"],
            class_draws=BOUNDARY["class_draws"],
            matches=BOUNDARY["matches"],
            seed=BOUNDARY["seed"],
        ),
        cutoff=config["images"]["cutoff"],
        seeds=BOUNDARY["flip_seeds"],
        steps=BOUNDARY["steps"],
        norm=BOUNDARY["largest_norm"],
    message:
        "Flip seed images and see which other predictions flip (CNN, seed {wildcards.seed})"
    script:
        "scripts/boundary_flips.py"


rule boundary_greedy:
    input:
        images="results/data/images.npz",
        features="results/attributions/image_features_cnn_0.npz",
        model="results/models/images_cnn_0.npz",
        code=code_of("rules/scripts/boundary_greedy.py"),
    output:
        "results/evaluations/weights_boundary_greedy.npz",
    log:
        "results/logs/boundary_greedy.log",
    benchmark:
        "results/benchmarks/boundary_greedy.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        rule=dict(
            candidates=BOUNDARY["candidates"],
            seeds=BOUNDARY["greedy_seeds"],
            size=BOUNDARY["greedy_size"],
            network_size=BOUNDARY["greedy_network_size"],
            cutoff=config["images"]["cutoff"],
            steps=BOUNDARY["steps"],
            norm=BOUNDARY["largest_norm"],
            seed=BOUNDARY["seed"],
        ),
    message:
        "Grow functioning groups by the simple boundary's score (CNN, seed 0)"
    script:
        "scripts/boundary_greedy.py"


rule boundary_tables:
    input:
        groups=[
            f"results/evaluations/weights_boundary_{kind}_{model}_{seed}.parquet"
            for kind, models in (("groups", BOUNDARY_HEADS), ("network", BOUNDARY_CNN))
            for model, seed in models
        ],
        flips=[
            f"results/evaluations/weights_boundary_flips_{model}_{seed}.parquet"
            for model, seed in BOUNDARY_CNN
        ],
        code=code_of("rules/scripts/boundary_tables.py"),
    output:
        groups="results/evaluations/weights_boundary.parquet",
        flips="results/evaluations/weights_boundary_flips.parquet",
    log:
        "results/logs/boundary_tables.log",
    benchmark:
        "results/benchmarks/boundary_tables.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        groups=BOUNDARY_HEADS + BOUNDARY_CNN,
        flips=BOUNDARY_CNN,
    message:
        "Gather the weights boundaries of all models"
    script:
        "scripts/boundary_tables.py"


rule language_answers:
    input:
        model="results/models/language_model",
        weights="results/models/language_adapted.npz",
        queries="results/data/chemistry_queries.parquet",
        states="results/models/language_query_states.npz",
        code=code_of("rules/scripts/language_answers.py"),
    output:
        answers="results/evaluations/language_answers.parquet",
        log_probabilities="results/evaluations/language_log_probabilities.npz",
    log:
        "results/logs/language_answers.log",
    benchmark:
        "results/benchmarks/language_answers.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        tokens=config["language_model"]["answer_tokens"],
    message:
        "What the language model answers before and after its adaptation"
    script:
        "scripts/language_answers.py"


# Finished chunks lie in `chunks` until the output is written: a run that was killed goes on with what is missing.
rule small_gpt_leave_one_out:
    input:
        corpus="results/data/small_corpus.npz",
        code=code_of("rules/scripts/small_gpt_leave_one_out.py"),
    output:
        "results/evaluations/small_gpt_leave_one_out_{seed}.npz",
    log:
        "results/logs/small_gpt_leave_one_out_{seed}.log",
    benchmark:
        "results/benchmarks/small_gpt_leave_one_out_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        small_gpt=SMALL_GPT,
        left_out=config["small_gpt"]["left_out"],
        chunks="results/chunks/small_gpt_leave_one_out_{seed}",
    message:
        "Retrain the small GPT without each of its texts, seed {wildcards.seed}"
    script:
        "scripts/small_gpt_leave_one_out.py"


rule small_gpt_subsets:
    input:
        corpus="results/data/small_corpus.npz",
        code=code_of("rules/scripts/small_gpt_subsets.py"),
    output:
        "results/evaluations/small_gpt_subsets_{seed}.npz",
    log:
        "results/logs/small_gpt_subsets_{seed}.log",
    benchmark:
        "results/benchmarks/small_gpt_subsets_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        small_gpt=SMALL_GPT,
        alpha=config["small_gpt"]["alpha"],
        subsets=config["small_gpt"]["subsets"],
        chunks="results/chunks/small_gpt_subsets_{seed}",
    message:
        "Train the small GPT on random subsets of its texts, seed {wildcards.seed}"
    script:
        "scripts/small_gpt_subsets.py"


rule language_cost:
    input:
        code=code_of("rules/scripts/language_cost.py"),
    output:
        growth="results/evaluations/language_cost.parquet",
        ranks="results/evaluations/language_rank_cost.parquet",
    log:
        "results/logs/language_cost.log",
    benchmark:
        "results/benchmarks/language_cost.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        cost={
            name: config["scaling_to_corpora"][name]
            for name in (
                "cost_texts",
                "cost_tokens",
                "cost_widths",
                "cost_depth",
                "cost_queries",
                "cost_repeats",
                "seed",
            )
        },
        ranks=config["scaling_to_corpora"]["ranks"],
    message:
        "Time influence as the corpus and the model grow"
    script:
        "scripts/language_cost.py"


# Top texts come from scores averaged over all seeds; finished chunks are kept as above.
rule small_gpt_removals:
    input:
        corpus="results/data/small_corpus.npz",
        table="results/data/small_corpus.parquet",
        scores=expand(
            "results/attributions/small_gpt_scores_all_{run}.npz",
            run=range(config["small_gpt"]["seeds"]),
        ),
        code=code_of("rules/scripts/small_gpt_removals.py"),
    output:
        "results/evaluations/small_gpt_removals_{seed}.npz",
    log:
        "results/logs/small_gpt_removals_{seed}.log",
    benchmark:
        "results/benchmarks/small_gpt_removals_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        small_gpt=SMALL_GPT,
        queries=config["lm_scoreboard"]["removal_queries"],
        retrieved=config["lm_scoreboard"]["retrieved"],
        seed=config["lm_scoreboard"]["seed"],
        chunks="results/chunks/small_gpt_removals_{seed}",
    message:
        "Retrain the small GPT without each method's top texts, seed {wildcards.seed}"
    script:
        "scripts/small_gpt_removals.py"


rule language_tail_patch:
    input:
        model="results/models/language_model",
        weights="results/models/language_adapted.npz",
        states="results/models/language_query_states.npz",
        queries="results/data/chemistry_queries.parquet",
        train="results/attributions/language_gradients_train.safetensors",
        methods="results/attributions/language_methods.npz",
        retrieval="results/attributions/language_retrieval.npz",
        code=code_of("rules/scripts/language_tail_patch.py"),
    output:
        "results/evaluations/language_tail_patch.parquet",
    log:
        "results/logs/language_tail_patch.log",
    benchmark:
        "results/benchmarks/language_tail_patch.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        retrieved=config["lm_scoreboard"]["retrieved"],
        seed=config["lm_scoreboard"]["seed"],
        rate=config["lm_scoreboard"]["tail_rate"],
    message:
        "One gradient step of the language model on each method's top texts"
    script:
        "scripts/language_tail_patch.py"


# A minute a set of texts: only where refit_queries asks for it. Finished refits are kept as above.
rule language_removals:
    input:
        model="results/models/language_model",
        texts="results/models/language_text_states.npz",
        states="results/models/language_query_states.npz",
        queries="results/data/chemistry_queries.parquet",
        methods="results/attributions/language_methods.npz",
        retrieval="results/attributions/language_retrieval.npz",
        code=code_of("rules/scripts/language_removals.py"),
    output:
        "results/evaluations/language_removals.npz",
    log:
        "results/logs/language_removals.log",
    benchmark:
        "results/benchmarks/language_removals.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        queries=config["lm_scoreboard"]["refit_queries"],
        retrieved=config["lm_scoreboard"]["retrieved"],
        seed=config["lm_scoreboard"]["seed"],
        training={
            name: config["language_model"][name]
            for name in ("epochs", "batch_size", "learning_rate", "seed")
        },
        chunks="results/chunks/language_removals",
    message:
        "Adapt the language model without each method's top texts"
    script:
        "scripts/language_removals.py"


rule lm_scoreboard:
    input:
        corpus="results/data/small_corpus.parquet",
        mlp=expand(
            "results/attributions/small_gpt_scores_mlp_{seed}.npz",
            seed=range(config["small_gpt"]["seeds"]),
        ),
        all=expand(
            "results/attributions/small_gpt_scores_all_{seed}.npz",
            seed=range(config["small_gpt"]["seeds"]),
        ),
        subsets=expand(
            "results/evaluations/small_gpt_subsets_{seed}.npz",
            seed=range(config["small_gpt"]["seeds"]),
        ),
        left_out=expand(
            "results/evaluations/small_gpt_leave_one_out_{seed}.npz",
            seed=range(config["small_gpt"]["seeds"]),
        ),
        removals=expand(
            "results/evaluations/small_gpt_removals_{seed}.npz",
            seed=range(config["lm_scoreboard"]["removal_seeds"]),
        ),
        newton="results/attributions/small_gpt_newton.npz",
        texts="results/data/chemistry.parquet",
        queries="results/data/chemistry_queries.parquet",
        methods="results/attributions/language_methods.npz",
        retrieval="results/attributions/language_retrieval.npz",
        patches="results/evaluations/language_tail_patch.parquet",
        costs="results/attributions/method_costs.parquet",
        refits=(
            ["results/evaluations/language_removals.npz"]
            if config["lm_scoreboard"]["refit_queries"]
            else []
        ),
        code=code_of("rules/scripts/lm_scoreboard.py"),
    output:
        "results/evaluations/lm_scoreboard.parquet",
    log:
        "results/logs/lm_scoreboard.log",
    benchmark:
        "results/benchmarks/lm_scoreboard.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        depth=config["lm_scoreboard"]["retrieved"],
        draws=config["lm_scoreboard"]["draws"],
        seed=config["lm_scoreboard"]["seed"],
    message:
        "Judge every attribution method on both language models"
    script:
        "scripts/lm_scoreboard.py"


rule language_scoring_profile:
    input:
        model="results/models/language_model",
        texts="results/models/language_text_states.npz",
        queries="results/models/language_query_states.npz",
        weights="results/models/language_adapted.npz",
        factors="results/attributions/language_factors",
        code=code_of("rules/scripts/language_scoring_profile.py"),
    output:
        "results/benchmarks/language_scoring_profile.json",
    log:
        "results/logs/language_scoring_profile.log",
    benchmark:
        "results/benchmarks/language_scoring_profile.tsv"
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
        "Profile the scoring of the language model's texts"
    script:
        "scripts/language_scoring_profile.py"


rule language_additions:
    input:
        model="results/models/language_model",
        states="results/models/language_text_states.npz",
        queries="results/models/language_query_states.npz",
        weights="results/models/language_adapted.npz",
        code=code_of("rules/scripts/language_additions.py"),
    output:
        "results/evaluations/language_additions.npz",
    log:
        "results/logs/language_additions.log",
    benchmark:
        "results/benchmarks/language_additions.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        additions=config["token_influence"]["additions"],
        training={
            name: config["language_model"][name]
            for name in ("batch_size", "learning_rate", "seed")
        },
    message:
        "Train the language model for one more epoch, with and without each of some new sentences"
    script:
        "scripts/language_additions.py"


rule token_effects:
    input:
        "results/data/small_corpus.npz",
        code=code_of("rules/scripts/token_effects.py"),
    output:
        "results/evaluations/token_effects.npz",
    log:
        "results/logs/token_effects.log",
    benchmark:
        "results/benchmarks/token_effects.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        texts=config["token_influence"]["checked_texts"],
        width=config["token_influence"]["checked_width"],
        steps=config["token_influence"]["checked_steps"],
        damping=config["token_influence"]["damping"],
        epsilon=config["token_influence"]["epsilon"],
    message:
        "Compare token influence with what up-weighting each token does, on a GPT with exact curvature"
    script:
        "scripts/token_effects.py"


rule small_gpt_additions:
    input:
        corpus="results/data/small_corpus.npz",
        model="results/models/small_gpt_{seed}.npz",
        code=code_of("rules/scripts/small_gpt_additions.py"),
    output:
        "results/evaluations/small_gpt_additions_{seed}.npz",
    log:
        "results/logs/small_gpt_additions_{seed}.log",
    benchmark:
        "results/benchmarks/small_gpt_additions_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        small_gpt=SMALL_GPT,
        chunks="results/chunks/small_gpt_additions_{seed}",
    message:
        "Train the small GPT with each new sentence added, seed {wildcards.seed}"
    script:
        "scripts/small_gpt_additions.py"


rule selection_small:
    input:
        code=code_of("rules/scripts/selection_small.py"),
    output:
        choices="results/evaluations/selection_small_{seed}.parquet",
        removals="results/evaluations/selection_removals_{seed}.parquet",
        reference="results/evaluations/selection_reference_{seed}.parquet",
    log:
        "results/logs/selection_small_{seed}.log",
    benchmark:
        "results/benchmarks/selection_small_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        small_gpt=SMALL_GPT,
        values={
            name: config["data_selection"][name]
            for name in (
                "targets",
                "wrong",
                "budgets",
                "base_weight_decay",
                "first_steps",
                "first_alpha",
                "second_steps",
                "second_alpha",
                "reference_steps",
                "learning_rate",
                "removed",
                "removal_draws",
            )
        },
    message:
        "Choose training texts by every strategy and fine-tune the small GPT on them, seed {wildcards.seed}"
    script:
        "scripts/selection_small.py"


# Finished fine-tunings are kept: a run that was killed goes on from there.
rule selection_language:
    input:
        model="results/models/language_model",
        texts="results/models/language_text_states.npz",
        weights="results/models/language_adapted.npz",
        table="results/data/chemistry.parquet",
        asked="results/data/chemistry_queries.parquet",
        methods="results/attributions/language_methods.npz",
        retrieval="results/attributions/language_retrieval.npz",
        costs="results/attributions/method_costs.parquet",
        training="results/benchmarks/language_adaptation.tsv",
        code=code_of("rules/scripts/selection_language.py"),
    output:
        "results/evaluations/selection_language.parquet",
    log:
        "results/logs/selection_language.log",
    benchmark:
        "results/benchmarks/selection_language.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        blocks=config["language_model"]["blocks"],
        layers=config["language_model"]["layers"],
        context=config["language_model"]["context"],
        seeds=config["data_selection"]["language_seeds"],
        targets=config["data_selection"]["language_targets"],
        budgets=config["data_selection"]["language_budgets"],
        steps=config["data_selection"]["language_steps"],
        learning_rate=config["data_selection"]["language_learning_rate"],
        chunks="results/chunks/selection_language",
    message:
        "Fine-tune the language model on the texts that each strategy chooses"
    script:
        "scripts/selection_language.py"


rule data_selection:
    input:
        small=expand(
            "results/evaluations/selection_small_{seed}.parquet",
            seed=range(config["data_selection"]["seeds"]),
        ),
        removals=expand(
            "results/evaluations/selection_removals_{seed}.parquet",
            seed=range(config["data_selection"]["seeds"]),
        ),
        reference=expand(
            "results/evaluations/selection_reference_{seed}.parquet",
            seed=range(config["data_selection"]["seeds"]),
        ),
        language="results/evaluations/selection_language.parquet",
        code=code_of("rules/scripts/data_selection.py"),
    output:
        choices="results/evaluations/data_selection.parquet",
        removals="results/evaluations/selection_removals.parquet",
        reference="results/evaluations/selection_reference.parquet",
    log:
        "results/logs/data_selection.log",
    benchmark:
        "results/benchmarks/data_selection.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Gather scores by strategy, budget and seed on both models"
    script:
        "scripts/data_selection.py"


# The three systems of page 13: each seed draws texts, starts and actions of its own.
SELECTION_COMMON = {
    name: config["selection_systems"][name]
    for name in ("seeds", "width", "base", "tuning", "weight_decay")
}


rule small_ideal:
    input:
        code=code_of("rules/scripts/small_ideal.py"),
    output:
        mixtures="results/evaluations/small_ideal.parquet",
        slopes="results/evaluations/small_ideal_slopes.parquet",
        check="results/evaluations/small_ideal_check.parquet",
    log:
        "results/logs/small_ideal.log",
    benchmark:
        "results/benchmarks/small_ideal.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        common=SELECTION_COMMON,
        ideal=config["selection_systems"]["ideal"],
    message:
        "Move the weights of data domains by influence, and fine-tune small GPTs on each mixture"
    script:
        "scripts/small_ideal.py"


rule small_equal:
    input:
        code=code_of("rules/scripts/small_equal.py"),
    output:
        choices="results/evaluations/small_equal.parquet",
        clusters="results/evaluations/small_equal_clusters.parquet",
        agreement="results/evaluations/equal_score_agreement.json",
    log:
        "results/logs/small_equal.log",
    benchmark:
        "results/benchmarks/small_equal.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        common=SELECTION_COMMON,
        equal=config["selection_systems"]["equal"],
    message:
        "Choose clusters of texts by a bandit on a transport score, and fine-tune small GPTs on the choice"
    script:
        "scripts/small_equal.py"


rule small_infra:
    input:
        code=code_of("rules/scripts/small_infra.py"),
    output:
        actions="results/evaluations/small_infra.parquet",
        texts="results/evaluations/small_infra_texts.parquet",
        tokens="results/evaluations/small_infra_tokens.parquet",
    log:
        "results/logs/small_infra.log",
    benchmark:
        "results/benchmarks/small_infra.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        common=SELECTION_COMMON,
        infra=config["selection_systems"]["infra"],
    message:
        "Influence of reasoning texts and tokens, and small GPTs trained without the most harmful"
    script:
        "scripts/small_infra.py"


rule multi_stage_convex:
    input:
        code=code_of("rules/scripts/multi_stage_convex.py"),
    output:
        quadratic="results/evaluations/multi_stage_quadratic.parquet",
        errors="results/evaluations/multi_stage_convex.parquet",
        limits="results/evaluations/multi_stage_limits.parquet",
    log:
        "results/logs/multi_stage_convex.log",
    benchmark:
        "results/benchmarks/multi_stage_convex.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        **{
            name: config["multi_stage"][name]
            for name in ("draws", "seeds", "alphas", "limit_alphas", "epsilon")
        },
        rows={
            name: config["multi_stage"][name] for name in ("points", "tests", "decay")
        },
    message:
        "Compare influence through two convex stages with training both of them again"
    script:
        "scripts/multi_stage_convex.py"


rule multi_stage_gpt:
    input:
        corpus="results/data/small_corpus.npz",
        corpus_table="results/data/small_corpus.parquet",
        questions="results/data/small_questions.npz",
        questions_table="results/data/small_questions.parquet",
        code=code_of("rules/scripts/multi_stage_gpt.py"),
    output:
        "results/evaluations/multi_stage_gpt.npz",
    log:
        "results/logs/multi_stage_gpt.log",
    benchmark:
        "results/benchmarks/multi_stage_gpt.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        sizes={
            name: config["multi_stage"][name]
            for name in ("taught", "asked", "stated", "width")
        },
        seeds=config["multi_stage"]["gpt_seeds"],
        stages={
            "decay": config["multi_stage"]["gpt_decay"],
            "epsilon": config["multi_stage"]["gpt_epsilon"],
        }
        | {
            name: config["multi_stage"][name]
            for name in ("tuning_alpha", "preference_alphas", "beta")
        },
    message:
        "Compare influence through three stages of a small GPT, DPO the last, with training all of them again"
    script:
        "scripts/multi_stage_gpt.py"


rule small_gpt_preferred:
    input:
        model="results/models/small_gpt_tuned_0.npz",
        questions="results/data/small_questions.npz",
        code=code_of("rules/scripts/small_gpt_preferred.py"),
    output:
        "results/evaluations/small_gpt_preferred.npz",
    log:
        "results/logs/small_gpt_preferred.log",
    benchmark:
        "results/benchmarks/small_gpt_preferred.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        heads=config["small_gpt"]["heads"],
        preference={
            "beta": config["multi_stage"]["beta"],
            "alpha": config["multi_stage"]["preference_alpha"],
            "steps": config["multi_stage"]["preference_steps"],
            "learning_rate": config["multi_stage"]["preference_rate"],
        },
    message:
        "Tune the fine-tuned small GPT on preferred and refused answers"
    script:
        "scripts/small_gpt_preferred.py"


rule two_stage_truth:
    input:
        model="results/models/small_gpt_{seed}.npz",
        questions="results/data/small_questions.npz",
        subsets="results/evaluations/small_gpt_subsets_{seed}.npz",
        left_out="results/evaluations/small_gpt_leave_one_out_{seed}.npz",
        code=code_of("rules/scripts/two_stage_truth.py"),
    output:
        "results/evaluations/two_stage_truth_{seed}.npz",
    log:
        "results/logs/two_stage_truth_{seed}.log",
    benchmark:
        "results/benchmarks/two_stage_truth_{seed}.tsv"
    wildcard_constraints:
        seed=r"\d+",
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        tuning=SMALL_GPT_TUNING,
        heads=config["small_gpt"]["heads"],
        chunks="results/chunks/two_stage_truth_{seed}",
    message:
        "Fine-tune every retrained small GPT, seed {wildcards.seed}"
    script:
        "scripts/two_stage_truth.py"


rule two_stage_sweep:
    input:
        models=expand(
            "results/models/small_gpt_{seed}.npz",
            seed=range(config["two_stage_retraining"]["sweep_starts"]),
        ),
        tokens="results/data/small_corpus.npz",
        questions="results/data/small_questions.npz",
        subsets=expand(
            "results/evaluations/small_gpt_subsets_{seed}.npz",
            seed=range(config["two_stage_retraining"]["sweep_starts"]),
        ),
        code=code_of("rules/scripts/two_stage_sweep.py"),
    output:
        "results/evaluations/two_stage_sweep.parquet",
    log:
        "results/logs/two_stage_sweep.log",
    benchmark:
        "results/benchmarks/two_stage_sweep.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        **TWO_STAGE,
        subsets=config["two_stage_retraining"]["sweep_subsets"],
        sweep=dict(
            alphas=config["two_stage_retraining"]["sweep_alphas"],
            steps=config["two_stage_retraining"]["sweep_steps"],
            plain_steps=config["two_stage_retraining"]["plain_steps"],
            formula_alphas=config["two_stage_retraining"]["formula_alphas"],
            learning_rate=config["small_gpt_tuning"]["learning_rate"],
        ),
        chunks="results/chunks/two_stage_sweep",
    message:
        "Fine-tune with weak, strong and no proximity, and predict it"
    script:
        "scripts/two_stage_sweep.py"


rule two_stage_board:
    input:
        truths=expand(
            "results/evaluations/two_stage_truth_{seed}.npz",
            seed=range(config["small_gpt"]["seeds"]),
        ),
        scores=expand(
            "results/attributions/two_stage_scores_{seed}.npz",
            seed=range(config["small_gpt"]["seeds"]),
        ),
        code=code_of("rules/scripts/two_stage_board.py"),
    output:
        table="results/evaluations/two_stage_board.parquet",
        gain="results/evaluations/two_stage_gain.json",
    log:
        "results/logs/two_stage_board.log",
    benchmark:
        "results/benchmarks/two_stage_board.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        draws=config["two_stage_retraining"]["draws"],
        seed=config["two_stage_retraining"]["seed"],
    message:
        "Judge influence through fine-tuning by two real stages of training"
    script:
        "scripts/two_stage_board.py"
