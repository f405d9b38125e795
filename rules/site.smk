# Stage: site. Figures for the report, the pipeline's picture, and the website.


rule page_figures:
    input:
        page="results/notebooks/{page}.ipynb",
        code=code_of("rules/scripts/page_figures.py"),
    output:
        report(
            "results/figures/{page}.html",
            category="Figures",
            labels={"page": "{page}"},
        ),
    log:
        "results/logs/figures/{page}.log",
    benchmark:
        "results/benchmarks/figures/{page}.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Gather the figures of {wildcards.page} into one file"
    script:
        "scripts/page_figures.py"


rule site:
    input:
        pages=expand("results/notebooks/{page}.ipynb", page=PAGES),
        figures=expand("results/figures/{page}.html", page=PAGES),
        ledger="results/claims.json",
        content=sorted(
            str(path.relative_to(ROOT))
            for folder in ("content", "static")
            for path in (ROOT / "src/influence_lab/site" / folder).iterdir()
            if path.is_file()
        ),
        code=code_of("rules/scripts/site.py", "src/influence_lab/site/renderers.py"),
    output:
        "results/site/index.html",
    log:
        "results/logs/site.log",
    benchmark:
        "results/benchmarks/site.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        config=config,
    message:
        "Build the site with Sphinx"
    script:
        "scripts/site.py"


rule rulegraph:
    input:
        snakefile="Snakefile",
        rules=sorted(
            str(path.relative_to(ROOT)) for path in (ROOT / "rules").glob("*.smk")
        ),
        code=code_of("rules/scripts/rulegraph.py"),
    output:
        "docs/rulegraph.svg",
    log:
        "results/logs/rulegraph.log",
    benchmark:
        "results/benchmarks/rulegraph.tsv"
    conda:
        "../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Draw the picture of the pipeline that stands in the README"
    script:
        "scripts/rulegraph.py"
