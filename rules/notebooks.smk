# Stage: notebooks. Run each page, and gather what the pages have recorded into the ledger of claims.

# What each page reads. A page that is not listed here reads nothing.
PAGE_INPUTS = {
    "01_taylor_neumann": [],
    "02_gauss_newton": [],
}


rule page:
    message:
        "Run notebooks/{wildcards.page}.py"
    input:
        artifacts=lambda wildcards: PAGE_INPUTS.get(wildcards.page, []),
        source="notebooks/{page}.py",
        script="rules/scripts/page.py",
        code=lambda wildcards: code_of("rules/scripts/page.py", f"notebooks/{wildcards.page}.py"),
    output:
        "results/notebooks/{page}.ipynb",
    wildcard_constraints:
        page="|".join(PAGES),
    params:
        values=lambda wildcards: config[wildcards.page[3:]],
        claims=lambda wildcards: claims_of_page(wildcards.page, ROOT / "notebooks" / "claims.yaml"),
    log:
        "results/logs/notebooks/{page}.ipynb",
    benchmark:
        "results/benchmarks/notebooks/{page}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
    conda:
        "../envs/main.yaml"
    script:
        "scripts/page.py"


rule claims:
    message:
        "Judge every claim by its rule and the numbers that the pages recorded"
    input:
        pages=expand("results/notebooks/{page}.ipynb", page=PAGES),
        ledger="notebooks/claims.yaml",
        script="rules/scripts/claims.py",
        code=code_of("rules/scripts/claims.py"),
    output:
        "results/claims.json",
    log:
        "results/logs/claims.log",
    benchmark:
        "results/benchmarks/claims.tsv"
    threads: 1
    resources:
        mem_mb=500,
    conda:
        "../envs/main.yaml"
    script:
        "scripts/claims.py"
