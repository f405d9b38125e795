# Stage: notebooks. Run each page, and gather what the pages have recorded into the ledger of claims.

# What each page reads. A page that is not listed here reads nothing.
PAGE_INPUTS = {
    "01_taylor_neumann": [
        "results/data/theory.npz",
        "results/models/theory.npz",
        "results/attributions/theory.npz",
        "results/evaluations/theory_responses.parquet",
        "results/evaluations/theory_differences.parquet",
        "results/evaluations/theory_leave_one_out.npz",
    ],
    "02_gauss_newton": [
        "results/data/digits.npz",
        "results/models/digits_cross_entropy.npz",
        "results/models/digits_squared_error.npz",
        "results/attributions/kronfluence_factors.npz",
        "results/evaluations/decomposition_cross_entropy.parquet",
        "results/evaluations/decomposition_squared_error.parquet",
        "results/evaluations/spectra_cross_entropy.npz",
        "results/evaluations/spectra_squared_error.npz",
        "results/evaluations/curvature_approximations.parquet",
        "results/evaluations/fisher_convergence.parquet",
        "results/evaluations/curvature_cost.parquet",
    ],
    "03_response_functions": [
        "results/data/toy.npz",
        "results/models/toy_leave_one_out.npz",
        *expand(
            "results/evaluations/response_gaps_{seed}.npz",
            seed=range(config["response_functions"]["seeds"]),
        ),
        "results/evaluations/fading.npz",
        "results/evaluations/architecture_sweeps.npz",
        "results/evaluations/repeated_leave_one_out.npz",
        "results/evaluations/convex_removals.npz",
    ],
    "04_relative_influence": [
        "results/data/relative_influence.npz",
        "results/models/relative_influence.npz",
        "results/attributions/relative_influence.npz",
        "results/attributions/influenciae.npz",
        "results/evaluations/relative_removals_toy.npz",
        "results/evaluations/relative_removals_cancer.npz",
        "results/evaluations/relative_removals_digits.npz",
        "results/evaluations/relative_constraints.parquet",
        "results/evaluations/relative_cold_bias.parquet",
    ],
    "05_functioning_groups": [
        "results/data/digits.npz",
        "results/data/theory.npz",
        "results/data/toy.npz",
        "results/models/digits_cross_entropy.npz",
        "results/models/theory.npz",
        "results/models/toy_networks.npz",
        "results/evaluations/toy_damping.parquet",
        "results/evaluations/toy_group_agreement.parquet",
        "results/evaluations/groups_partitions.npz",
        "results/evaluations/groups_tuning.parquet",
        "results/evaluations/groups_recovery.parquet",
        "results/evaluations/groups_validation.parquet",
    ],
    "06_datamodels_trak": [
        "results/data/toy.npz",
        "results/models/toy_leave_one_out.npz",
        *expand("results/models/toy_subsets_{alpha}.npz", alpha=TOY_ALPHAS),
        *TOY_HELD_OUT,
        *expand("results/attributions/toy_datamodels_{alpha}.npz", alpha=TOY_ALPHAS),
        "results/attributions/toy_margin_influence.npz",
        "results/attributions/toy_trak.npz",
        "results/attributions/toy_traker.npz",
        "results/attributions/toy_averaged_influence.npz",
        "results/attributions/toy_ensembles.npz",
        "results/evaluations/toy_scores.parquet",
        "results/models/toy_removals.npz",
        "results/models/toy_scoreboard.npz",
        "results/attributions/influenciae_toy.npz",
        "results/evaluations/toy_scoreboard.parquet",
    ],
    "07_head_influence": [
        "results/data/images.npz",
        *[f"results/models/images_{name}.npz" for name in IMAGE_NAMES],
        "results/attributions/image_features_cnn_0.npz",
        *[f"results/attributions/image_head_{name}.npz" for name in IMAGE_NAMES],
        *expand(
            "results/evaluations/image_head_{part}.parquet",
            part=("removals", "agreement", "flips"),
        ),
        "results/evaluations/image_head_solvers.parquet",
        "results/attributions/image_head_influenciae.npz",
    ],
    "07_image_groups": [
        "results/data/images.npz",
        *expand(
            "results/attributions/image_features_{trained}.npz", trained=IMAGE_NAMES
        ),
        "results/evaluations/image_groups.parquet",
        "results/evaluations/image_groups.npz",
    ],
    "07_image_partition": [
        "results/data/images.npz",
        "results/evaluations/image_partition.npz",
        "results/evaluations/image_partition.parquet",
        "results/evaluations/image_partition_subsets.parquet",
        "results/evaluations/image_partition_similar.parquet",
        "results/evaluations/image_partition_removals.parquet",
    ],
    "08_near_duplicates": [
        "results/data/images.npz",
        "results/data/near_duplicates.npz",
        "results/evaluations/duplicates_calibration.parquet",
        "results/evaluations/near_duplicates.parquet",
        "results/evaluations/duplicates_pairs.parquet",
        "results/evaluations/duplicates_example.npz",
        *expand(
            "results/attributions/image_features_{trained}.npz", trained=IMAGE_NAMES
        ),
    ],
    "09_weights_boundary": [
        "results/data/images.npz",
        *[
            path.format(model=model, seed=seed)
            for model, seed in BOUNDARY_HEADS
            for path in (
                "results/models/images_{model}_{seed}.npz",
                "results/attributions/image_features_{model}_{seed}.npz",
                "results/evaluations/weights_boundary_singles_{model}_{seed}.npz",
            )
        ],
        "results/evaluations/weights_boundary_library.npz",
        "results/evaluations/weights_boundary_greedy.npz",
        "results/evaluations/weights_boundary.parquet",
        "results/evaluations/weights_boundary_flips.parquet",
    ],
    "10_token_influence": [
        "results/data/chemistry.parquet",
        "results/data/chemistry_queries.parquet",
        "results/models/language_adapted.npz",
        "results/models/language_history.parquet",
        "results/attributions/language_methods.npz",
        "results/attributions/language_products.npz",
        "results/attributions/language_tokens.parquet",
        "results/attributions/language_new_scores.npz",
        "results/evaluations/language_answers.parquet",
        "results/evaluations/language_log_probabilities.npz",
        "results/evaluations/language_additions.npz",
        "results/evaluations/token_effects.npz",
        *expand(
            "results/evaluations/small_gpt_additions_{seed}.npz",
            seed=range(config["token_influence"]["addition_seeds"]),
        ),
    ],
    "12_two_stage_retraining": [
        "results/evaluations/two_stage_board.parquet",
        "results/evaluations/two_stage_gain.json",
        "results/evaluations/two_stage_sweep.parquet",
        *expand(
            "results/evaluations/two_stage_truth_{seed}.npz",
            seed=range(config["small_gpt"]["seeds"]),
        ),
    ],
    "11_lm_scoreboard": [
        "results/evaluations/lm_scoreboard.parquet",
        "results/evaluations/language_tail_patch.parquet",
    ],
    "13_selection_systems": [
        "results/evaluations/small_ideal.parquet",
        "results/evaluations/small_ideal_slopes.parquet",
        "results/evaluations/small_ideal_check.parquet",
        "results/evaluations/small_equal.parquet",
        "results/evaluations/small_equal_clusters.parquet",
        "results/evaluations/equal_score_agreement.json",
        "results/evaluations/small_infra.parquet",
        "results/evaluations/small_infra_texts.parquet",
        "results/evaluations/small_infra_tokens.parquet",
    ],
    "11_scaling_to_corpora": [
        "results/data/chemistry.parquet",
        "results/data/chemistry_queries.parquet",
        "results/attributions/language_methods.npz",
        "results/attributions/language_retrieval.npz",
        "results/attributions/language_retrieval_variants.npz",
        "results/attributions/language_search.npz",
        "results/attributions/language_low_rank.npz",
        "results/attributions/language_query_batching.json",
        "results/attributions/language_query_batching.npz",
        "results/attributions/language_ranks.parquet",
        "results/attributions/language_search_cost.parquet",
        "results/evaluations/language_cost.parquet",
        "results/evaluations/language_rank_cost.parquet",
    ],
    "12_multi_stage": [
        "results/evaluations/multi_stage_quadratic.parquet",
        "results/evaluations/multi_stage_convex.parquet",
        "results/evaluations/multi_stage_limits.parquet",
        "results/evaluations/multi_stage_gpt.npz",
        "results/evaluations/small_gpt_preferred.npz",
        "results/evaluations/two_stage_gain.json",
    ],
    "14_ask": [
        "results/data/ask_corpus.parquet",
        "results/data/ask_queries.parquet",
        "results/models/ask_history.parquet",
        "results/attributions/ask_scores.parquet",
        "results/attributions/ask_tokens.parquet",
        "results/attributions/ask_answers.parquet",
    ],
    "13_data_selection": [
        "results/evaluations/data_selection.parquet",
        "results/evaluations/selection_removals.parquet",
        "results/evaluations/selection_reference.parquet",
        "results/evaluations/equal_score_agreement.json",
    ],
    "12_two_stage_lm": [
        "results/data/chemistry.parquet",
        "results/data/language_questions.parquet",
        "results/models/language_losses.npz",
        "results/models/language_tuning_history.parquet",
        "results/models/language_tuning.json",
        "results/models/language_tuning_losses.npz",
        "results/models/language_tuning_answers.parquet",
        "results/attributions/language_two_stage.npz",
        "results/attributions/language_two_stage_cost.parquet",
    ],
}


rule page:
    input:
        artifacts=lambda wildcards: PAGE_INPUTS.get(NOTEBOOK_OF[wildcards.page], []),
        source=lambda wildcards: f"notebooks/{NOTEBOOK_OF[wildcards.page]}.py",
        code=lambda wildcards: code_of(
            "rules/scripts/page.py", f"notebooks/{NOTEBOOK_OF[wildcards.page]}.py"
        ),
    output:
        "results/notebooks/{page}.ipynb",
    log:
        "results/logs/notebooks/{page}.ipynb",
    benchmark:
        "results/benchmarks/notebooks/{page}.tsv"
    wildcard_constraints:
        page="|".join(PAGES),
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        values=lambda wildcards: config[NOTEBOOK_OF[wildcards.page][3:]]
        | VARIANTS.get(wildcards.page, {}),
        # so that an edited decision rule reruns the page that it judges
        claims=lambda wildcards: [
            claim.model_dump() for claim in claims if claim.page == wildcards.page
        ],
    message:
        "Make page {wildcards.page}"
    script:
        "scripts/page.py"


rule claims:
    input:
        pages=expand("results/notebooks/{page}.ipynb", page=PAGES),
        ledger="notebooks/claims.yaml",
        code=code_of("rules/scripts/claims.py"),
    output:
        "results/claims.json",
    log:
        "results/logs/claims.log",
    benchmark:
        "results/benchmarks/claims.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Judge every claim by its rule and the numbers that the pages recorded"
    script:
        "scripts/claims.py"
