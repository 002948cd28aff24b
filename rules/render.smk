# Tables from results/scores.csv alone, figures from the arrays that belong to them.


rule render_table:
    input:
        scores="results/scores.csv",
        code=scripts("render_table.py", *behind("rendering/table1", "rendering/writers/__init__")),
    output:
        report(
            "results/tables/table1.html",
            caption="captions/table1.rst",
            category="Tables",
            labels={
                "artefact": "Table 1",
                "content": "FID and PRD of every model and sampler",
            },
        ),
        "results/tables/table1.md",
        "results/tables/table1.tex",
        "results/tables/table1.csv",
    log:
        "results/logs/render_table/table1.log",
    benchmark:
        "results/benchmarks/render_table/table1.tsv"
    conda:
        "../envs/geovae.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        settings=lambda w: slices.table1(CONFIG),
    shell:
        "python workflow_scripts/render_table.py table1 --scores {input.scores} --settings {params.settings:q}"
        " --output-dir results/tables --threads {threads} > {log} 2>&1"


rule render_figure:
    input:
        unpack(lambda w: experiments.figure_inputs(CONFIG, w.figure)),
        code=lambda w: scripts("render_figure.py", *behind(f"rendering/figures/{w.figure}")),
    output:
        png=report(
            "results/figures/{figure}.png",
            caption="captions/figure.rst",
            category="Figures",
            labels=lambda w: {
                "artefact": w.figure.replace("figure", "Figure "),
                "content": slices.CONTENTS[w.figure],
            },
        ),
        pdf="results/figures/{figure}.pdf",
    log:
        "results/logs/render_figure/{figure}.log",
    benchmark:
        "results/benchmarks/render_figure/{figure}.tsv"
    conda:
        "../envs/geovae.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        settings=lambda w: slices.figure(CONFIG, w.figure),
        inputs=lambda w: " ".join(
            f"--input {name}={path}" for name, path in experiments.figure_inputs(CONFIG, w.figure).items()
        ),
    shell:
        "python workflow_scripts/render_figure.py {wildcards.figure} --settings {params.settings:q} {params.inputs}"
        " --output-png {output.png} --output-pdf {output.pdf} --threads {threads} > {log} 2>&1"
