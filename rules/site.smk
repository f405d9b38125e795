# Stage: site. Figures for the report, the pipeline's picture, and the website.


rule page_figures:
    message:
        "Gather the figures of {wildcards.page} into one file"
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
    threads: 1
    resources:
        mem_mb=500,
    conda:
        "../envs/main.yaml"
    script:
        "scripts/page_figures.py"


rule site:
    message:
        "Build the site with Sphinx"
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
    params:
        config=config,
    log:
        "results/logs/site.log",
    benchmark:
        "results/benchmarks/site.tsv"
    threads: 1
    resources:
        mem_mb=1500,
    conda:
        "../envs/main.yaml"
    script:
        "scripts/site.py"
