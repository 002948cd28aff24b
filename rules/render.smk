# Tables from the scores of their own generations, figures from the arrays that belong to them.


rule render_table:
    input:
        scores=lambda w: inputs.table_scores(w.table),
    output:
        html=report(
            "results/tables/{table}.html",
            caption="captions/table.rst",
            category="Tables",
            labels=lambda w: {
                "artefact": commands.artefact_title(w.table),
                "content": render_settings.CONTENTS[w.table],
            },
        ),
        md="results/tables/{table}.md",
        tex="results/tables/{table}.tex",
        csv="results/tables/{table}.csv",
    log:
        "results/logs/render_table/{table}.log",
    benchmark:
        "results/benchmarks/render_table/{table}.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(mem_mb=2000),
    params:
        script=script("render_table.py"),
        code=lambda w: job_code.of_table("render_table.py", TABLES[w.table], w.table),
        settings=lambda w: render_settings.table(CONFIG, w.table),
        scores=lambda w, input: f"--scores {input.scores}" if input.scores else "",
    shell:
        "python {params.script} {wildcards.table} {params.scores} --settings {params.settings:q}"
        " --output-dir {output.html} --threads {threads} > {log} 2>&1"


rule render_figure:
    input:
        unpack(lambda w: figure_inputs(CONFIG, w.figure)),
    output:
        png=report(
            "results/figures/{figure}.png",
            caption="captions/figure.rst",
            category=lambda w: "Diagnostics" if w.figure.startswith("figure_") else "Figures",
            labels=lambda w: {
                "artefact": commands.artefact_title(w.figure),
                "content": render_settings.CONTENTS[w.figure],
            },
        ),
        pdf="results/figures/{figure}.pdf",
    log:
        "results/logs/render_figure/{figure}.log",
    benchmark:
        "results/benchmarks/render_figure/{figure}.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(mem_mb=2000),
    params:
        script=script("render_figure.py"),
        code=lambda w: code_of("render_figure.py", f"reproduction.rendering.figures.{FIGURE_MODULES[w.figure]}"),
        settings=lambda w: render_settings.figure(CONFIG, w.figure),
        inputs=lambda w, input: commands.named_inputs(input),
    shell:
        "python {params.script} {wildcards.figure} --settings {params.settings:q} {params.inputs}"
        " --output-png {output.png} --output-pdf {output.pdf} --threads {threads} > {log} 2>&1"


rule write_provenance:
    input:
        scores="results/scores.csv",
    output:
        report(
            "results/provenance.html",
            caption="captions/provenance.rst",
            category="Provenance",
            labels={"artefact": "Provenance", "content": "Versions, commits, devices and settings behind the scores"},
        ),
    log:
        "results/logs/write_provenance.log",
    benchmark:
        "results/benchmarks/write_provenance.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(),
    params:
        script=script("write_provenance.py"),
        code=code_of("write_provenance.py"),
    shell:
        "python {params.script} --scores {input.scores} --output {output}" " --threads {threads} > {log} 2>&1"


rule write_claims:
    input:
        unpack(lambda w: inputs.claims_inputs(CONFIG)),
    output:
        html=report(
            "results/claims.html",
            caption="captions/claims.rst",
            category="Claims",
            labels={"artefact": "Claims", "content": "The paper's claims, judged by this build"},
        ),
        md="results/claims.md",
    log:
        "results/logs/write_claims.log",
    benchmark:
        "results/benchmarks/write_claims.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(),
    params:
        script=script("write_claims.py"),
        code=code_of("write_claims.py"),
        settings=lambda w: claim_settings.claims(CONFIG),
        files=lambda w, input: commands.flags(input, "scores", "classification"),
        records=lambda w, input: commands.named_inputs(input, "--record", but=inputs.claims_scores(CONFIG)),
    shell:
        "python {params.script} {params.files} {params.records} --settings {params.settings:q}"
        " --output-md {output.md} --output-html {output.html} --threads {threads} > {log} 2>&1"
