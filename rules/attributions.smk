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


rule groups_partitions:
    input:
        code=code_of("rules/scripts/groups_partitions.py"),
    output:
        "results/attributions/groups_partitions.npz",
    log:
        "results/logs/groups_partitions.log",
    benchmark:
        "results/benchmarks/groups_partitions.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        toy={name: config["toy"][name] for name in TOY_TRAINING if name != "seeds"},
        rule=dict(
            networks=config["functioning_groups"]["stop_networks"],
            damping=config["functioning_groups"]["search_damping"],
            neighbours=config["functioning_groups"]["stop_neighbours"],
        ),
    message:
        "Divide four unseen draws into functioning groups"
    script:
        "scripts/groups_partitions.py"
