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
        machine=lambda w: commands.machine(CONFIG, PROJECT, workflow.cores or 1),
    shell:
        "python {params.script} --config {params.config:q} {params.machine} --threads {threads} | tee {log}"
