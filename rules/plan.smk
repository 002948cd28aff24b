# What a build will cost: `snakemake --cores 1 plan_costs`, with any config.


rule plan_costs:
    log:
        "results/logs/plan_costs.log",
    conda:
        "../envs/render.yaml"
    resources:
        **needs(),
    params:
        script=script("plan_costs.py"),
        config=CONFIG.model_dump_json(),
        device="cuda" if CONFIG.device == "cuda" else "cpu",
        cores=lambda w: max(1, workflow.cores or 1),
    shell:
        "python {params.script} --config {params.config:q} --device {params.device}"
        " --cores {params.cores} --threads {threads} | tee {log}"
