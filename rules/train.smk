# One trained model per run, and the curve of its losses.


rule train_model:
    input:
        unpack(inputs.run_data),
    output:
        weights="results/runs/{run}/model.safetensors",
        model="results/runs/{run}/model.json",
        history="results/runs/{run}/history.csv",
    log:
        "results/logs/train_model/{run}.log",
    benchmark:
        "results/benchmarks/train_model/{run}.tsv"
    priority: 10  # the longest jobs first: what follows them fills the gaps
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=6000, runtime=1440, gpu=GPUS),
    params:
        script=script("train_model.py"),
        code=lambda w: job_code.of_run("train_model.py", w),
        device=CONFIG.device,
        settings=lambda w: job_settings.training(CONFIG, Run.parse(w.run)),
        diverged=commands.keep_diverged,
        # With `input` among the arguments it is no reason to train again: it is a place, and no setting.
        resume=lambda w, input: commands.resume(CONFIG, STORE),
    shell:
        "python {params.script} --data {input.train} --subset-dir {input.subset}"
        " --settings {params.settings:q} --key {wildcards.run} --output {output.weights}"
        " {params.diverged}{params.resume} --device {params.device} --threads {threads} > {log} 2>&1"


rule render_history:
    input:
        history="results/runs/{run}/history.csv",
    output:
        report(
            "results/runs/{run}/history.png",
            caption="captions/history.rst",
            category="Training",
            labels=lambda w: {
                "data set": Run.parse(w.run).dataset,
                "model": Run.parse(w.run).model,
                "seed": str(Run.parse(w.run).seed),
            },
        ),
    log:
        "results/logs/render_history/{run}.log",
    benchmark:
        "results/benchmarks/render_history/{run}.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(),
    params:
        script=script("render_history.py"),
        code=code_of("render_history.py"),
    shell:
        "python {params.script} --history {input.history} --output {output}" " --threads {threads} > {log} 2>&1"
