# Stage: data.


rule theory_data:
    input:
        code=code_of("rules/scripts/theory_data.py"),
    output:
        "results/data/theory.npz",
    log:
        "results/logs/theory_data.log",
    benchmark:
        "results/benchmarks/theory_data.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        seed=config["taylor_neumann"]["seed"],
        network_rows=config["taylor_neumann"]["network_rows"],
    message:
        "Take the small real datasets of the theory page from scikit-learn"
    script:
        "scripts/theory_data.py"


rule digits:
    input:
        code=code_of("rules/scripts/digits.py"),
    output:
        "results/data/digits.npz",
    log:
        "results/logs/digits.log",
    benchmark:
        "results/benchmarks/digits.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        train=config["gauss_newton"]["train_images"],
        test=config["gauss_newton"]["test_images"],
        seed=config["gauss_newton"]["seed"],
    message:
        "Draw digits from scikit-learn and average them to 4 × 4 pixels"
    script:
        "scripts/digits.py"


rule relative_data:
    input:
        code=code_of("rules/scripts/relative_data.py"),
    output:
        "results/data/relative_influence.npz",
    log:
        "results/logs/relative_data.log",
    benchmark:
        "results/benchmarks/relative_data.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        seeds=config["relative_influence"]["seeds"],
        train_rows=config["relative_influence"]["train_rows"],
        test_rows=config["relative_influence"]["test_rows"],
        flipped_share=config["relative_influence"]["flipped_share"],
    message:
        "Draw a toy set, breast cancer rows and digits for each seed, and spoil some labels"
    script:
        "scripts/relative_data.py"


rule toy_data:
    input:
        code=code_of("rules/scripts/toy_data.py"),
    output:
        "results/data/toy.npz",
    log:
        "results/logs/toy_data.log",
    benchmark:
        "results/benchmarks/toy_data.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        seed=config["toy"]["seed"],
        red_points=config["toy"]["red_points"],
        red_x=config["toy"]["red_x"],
        red_y=config["toy"]["red_y"],
        red_radii=config["toy"]["red_radii"],
        blue_points=config["toy"]["blue_points"],
        margin=config["toy"]["margin"],
        gap=config["toy"]["gap"],
        test_points=config["toy"]["test_points"],
    message:
        "Draw the toy points: red discs with blue around them"
    script:
        "scripts/toy_data.py"


rule images:
    input:
        code=code_of("rules/scripts/images.py"),
    output:
        images="results/data/images.npz",
        facts="results/data/images.json",
    log:
        "results/logs/images.log",
    benchmark:
        "results/benchmarks/images.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        train_images=config["images"]["train_images"],
        test_images=config["images"]["test_images"],
        download=config["images"]["download"],
        digits_seed=config["images"]["digits_seed"],
        # Rises where digits were taken and CIFAR10_PATH is set now; else as it was when the images were made.
        edition=images_edition("results/data/images.json"),
    message:
        "Take CIFAR-10 from CIFAR10_PATH or a checked download, or digits where neither can be had"
    script:
        "scripts/images.py"


rule chemistry:
    input:
        code=code_of("rules/scripts/chemistry.py"),
        compounds="src/influence_lab/data/compounds.yaml",
    output:
        "results/data/chemistry.parquet",
    log:
        "results/logs/chemistry.log",
    benchmark:
        "results/benchmarks/chemistry.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        seed=config["language_model"]["seed"],
        compounds=config["language_model"]["compounds"],
        mistakes=config["language_model"]["mistakes"],
        element_texts=config["language_model"]["element_texts"],
        held_out_element_texts=config["language_model"]["held_out_element_texts"],
        longest_characters=config["language_model"]["longest_characters"],
    message:
        "Collect texts about compounds and elements, and say which states which fact"
    script:
        "scripts/chemistry.py"


rule chemistry_queries:
    input:
        code=code_of("rules/scripts/chemistry_queries.py"),
        compounds="src/influence_lab/data/compounds.yaml",
    output:
        "results/data/chemistry_queries.parquet",
    log:
        "results/logs/chemistry_queries.log",
    benchmark:
        "results/benchmarks/chemistry_queries.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        compounds=config["language_model"]["compounds"],
        mistakes=config["language_model"]["mistakes"],
        own_prompt=config["language_model"]["own_prompt"],
        own_completion=config["language_model"]["own_completion"],
    message:
        "Collect what the language model is asked, the reader's own query too"
    script:
        "scripts/chemistry_queries.py"


rule small_corpus:
    input:
        code=code_of("rules/scripts/small_corpus.py"),
    output:
        table="results/data/small_corpus.parquet",
        sequences="results/data/small_corpus.npz",
    log:
        "results/logs/small_corpus.log",
    benchmark:
        "results/benchmarks/small_corpus.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        seed=config["small_gpt"]["corpus_seed"],
        compounds=config["small_gpt"]["compounds"],
        statements=config["small_gpt"]["statements"],
        misled=config["small_gpt"]["misled"],
        properties=config["small_gpt"]["properties"],
        elements=config["small_gpt"]["elements"],
        new=config["small_gpt"]["new"],
    message:
        "Write short texts on what compounds are composed of, some of them wrong, with queries"
    script:
        "scripts/small_corpus.py"


rule small_questions:
    input:
        corpus="results/data/small_corpus.parquet",
        code=code_of("rules/scripts/small_questions.py"),
    output:
        table="results/data/small_questions.parquet",
        sequences="results/data/small_questions.npz",
    log:
        "results/logs/small_questions.log",
    benchmark:
        "results/benchmarks/small_questions.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        questions={
            name: config["small_gpt_tuning"][name]
            for name in ("seed", "taught", "preferences")
        },
    message:
        "Write the questions that the small GPT is fine-tuned on and asked"
    script:
        "scripts/small_questions.py"


rule ask_rows:
    input:
        file=lambda wildcards: config["ask"][wildcards.kind],
        model=lambda wildcards: ASK_MODEL_FILES,
        code=code_of("rules/scripts/ask_rows.py"),
    output:
        "results/data/ask_{kind}.parquet",
    log:
        "results/logs/ask_rows_{kind}.log",
    benchmark:
        "results/benchmarks/ask_rows_{kind}.tsv"
    wildcard_constraints:
        kind="corpus|queries",
    priority: 1  # a row that is too long is named before anything is trained
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        model=lambda wildcards: ASK_MODEL,
        longest=config["ask"]["longest"],
    message:
        "Check every row of your own {wildcards.kind}"
    script:
        "scripts/ask_rows.py"


rule language_questions:
    input:
        queries="results/data/chemistry_queries.parquet",
        code=code_of("rules/scripts/language_questions.py"),
    output:
        "results/data/language_questions.parquet",
    log:
        "results/logs/language_questions.log",
    benchmark:
        "results/benchmarks/language_questions.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        questions={
            name: config["two_stage_lm"][name]
            for name in ("pairs", "held_out", "seed")
        },
    message:
        "Write question-answer pairs from mendeleev's facts, and questions on what stage one taught"
    script:
        "scripts/language_questions.py"
