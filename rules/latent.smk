# What a trained encoder says of the training images: latent codes, the Riemannian metric, geodesics of a 2-D space.


rule embed_latents:
    input:
        unpack(lambda w: inputs.run_data(w, "test")),
        unpack(inputs.trained),
    output:
        train="results/runs/{run}/latents.npz",
        validation="results/runs/{run}/latents_validation.npz",
        test="results/runs/{run}/latents_test.npz",
        unseen="results/runs/{run}/unseen.npz",
    log:
        "results/logs/embed_latents/{run}.log",
    benchmark:
        "results/benchmarks/embed_latents/{run}.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=60, gpu=GPUS),
    params:
        script=script("embed_latents.py"),
        code=lambda w: job_code.of_run("embed_latents.py", w),
        device=CONFIG.device,
        n=CONFIG.evaluation.n_samples,
    shell:
        "python {params.script} --model {input.model} --data {input.train}"
        " --subset-dir {input.subset} --n-unseen {params.n} --output {output.train}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule build_metric:
    input:
        latents="results/runs/{run}/latents.npz",
    output:
        metric="results/runs/{run}/metric/{metric}/metric.npz",
        seconds="results/runs/{run}/metric/{metric}/seconds.json",
    log:
        "results/logs/build_metric/{run}/{metric}.log",
    benchmark:
        "results/benchmarks/build_metric/{run}/{metric}.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=60),
    params:
        script=script("build_metric.py"),
        code=code_of("build_metric.py"),
        settings=lambda w: job_settings.metric(CONFIG, Run.parse(w.run), w.metric),
        seed=lambda w: centroids_variant(w.metric),
    shell:
        "python {params.script} --latents {input.latents} --settings {params.settings:q}"
        " --key {wildcards.run}/{params.seed} --output {output.metric} --output-seconds {output.seconds}"
        " --threads {threads} > {log} 2>&1"


rule describe_metrics:
    input:
        metrics=described_metrics(CONFIG).values() if CONFIG.artefacts.figure_rho else [],
    output:
        "results/metrics.csv",
    log:
        "results/logs/describe_metrics.log",
    benchmark:
        "results/benchmarks/describe_metrics.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=60),
    params:
        script=script("describe_metrics.py"),
        code=code_of("describe_metrics.py"),
        metrics=lambda w, input: commands.named("", described_metrics(CONFIG), input.metrics),
    shell:
        "python {params.script} --metrics {params.metrics} --output {output}" " --threads {threads} > {log} 2>&1"


rule trace_geodesics:
    input:
        unpack(inputs.training_images),
        unpack(lambda w: inputs.labels(Run.parse(w.run).dataset, "train")),
        unpack(inputs.trained),
        latents="results/runs/{run}/latents.npz",
        metric="results/runs/{run}/metric/base/metric.npz",
    output:
        "results/runs/{run}/geodesics.npz",
    log:
        "results/logs/trace_geodesics/{run}.log",
    benchmark:
        "results/benchmarks/trace_geodesics/{run}.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=3000, runtime=60),
    params:
        script=script("trace_geodesics.py"),
        code=lambda w: job_code.of_run("trace_geodesics.py", w),
        settings=lambda w: job_settings.geodesics(CONFIG),
    shell:
        "python {params.script} --model {input.model} --latents {input.latents}"
        " --metric {input.metric} --data {input.train} --subset {input.subset} --settings {params.settings:q}"
        " --key {wildcards.run} --output {output} --threads {threads} > {log} 2>&1"


rule compare_pullback:
    input:
        unpack(inputs.trained),
        latents="results/runs/{run}/latents.npz",
        metric="results/runs/{run}/metric/base/metric.npz",
    output:
        arrays="results/runs/{run}/pullback.npz",
        scores="results/runs/{run}/pullback.json",
    log:
        "results/logs/compare_pullback/{run}.log",
    benchmark:
        "results/benchmarks/compare_pullback/{run}.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=60, gpu=GPUS),
    params:
        script=script("compare_pullback.py"),
        code=lambda w: job_code.of_run("compare_pullback.py", w),
        device=CONFIG.device,
        n=lambda w: CONFIG.artefacts.figure_pullback.n_points,
    shell:
        "python {params.script} --model {input.model} --latents {input.latents}"
        " --metric {input.metric} --n-points {params.n} --key {wildcards.run} --output {output.arrays}"
        " --output-scores {output.scores} --device {params.device} --threads {threads} > {log} 2>&1"


rule compare_interpolation:
    input:
        unpack(inputs.training_images),
        unpack(inputs.trained),
        latents="results/runs/{run}/latents.npz",
        metric="results/runs/{run}/metric/base/metric.npz",
        unseen=lambda w: inputs.unseen_pixels(Run.parse(w.run)),
    output:
        arrays="results/runs/{run}/interpolation.npz",
        scores="results/runs/{run}/interpolation.json",
    log:
        "results/logs/compare_interpolation/{run}.log",
    benchmark:
        "results/benchmarks/compare_interpolation/{run}.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=120, gpu=GPUS),
    params:
        script=script("compare_interpolation.py"),
        code=lambda w: job_code.of_run("compare_interpolation.py", w),
        device=CONFIG.device,
        settings=lambda w: job_settings.interpolation(CONFIG),
    shell:
        "python {params.script} --model {input.model}"
        " --latents {input.latents} --metric {input.metric} --data {input.train} --subset {input.subset}"
        " --unseen {input.unseen} --settings {params.settings:q} --key {wildcards.run} --output {output.arrays}"
        " --output-scores {output.scores} --device {params.device} --threads {threads} > {log} 2>&1"
