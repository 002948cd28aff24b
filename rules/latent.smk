# What a trained encoder says of the training images: latent codes, the Riemannian metric, geodesics of a 2-D space.


rule embed_latents:
    input:
        unpack(inputs.run_data),
        test=lambda w: f"{inputs.dataset_folder(w)}/test/card.json",
        model="results/runs/{run}/model.json",
        code=lambda w: inputs.run_code("embed_latents.py", w),
    output:
        train="results/runs/{run}/latents.npz",
        validation="results/runs/{run}/latents_validation.npz",
        unseen=expand("results/runs/{{run}}/unseen_{split}.npz", split=SCORED_SPLITS),
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
        device=CONFIG.device,
        data=inputs.dataset_folder,
        subset=inputs.subset_folder,
        n=CONFIG.evaluation.n_samples,
    shell:
        "python workflow_scripts/embed_latents.py --model results/runs/{wildcards.run} --data {params.data}"
        " --subset-dir {params.subset} --n-unseen {params.n} --output results/runs/{wildcards.run}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule build_metric:
    input:
        latents="results/runs/{run}/latents.npz",
        code=code_of("build_metric.py"),
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
        settings=lambda w: job_settings.metric(CONFIG, Run.parse(w.run), w.metric),
        seed=lambda w: centroids_variant(w.metric),
    shell:
        "python workflow_scripts/build_metric.py --latents {input.latents} --settings {params.settings:q}"
        " --key {wildcards.run}/{params.seed} --output {output.metric} --output-seconds {output.seconds}"
        " --threads {threads} > {log} 2>&1"


rule describe_metrics:
    input:
        metrics=described_metrics(CONFIG).values() if CONFIG.artefacts.figure_rho else [],
        code=code_of("describe_metrics.py"),
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
        metrics=lambda w: inputs.metric_options(CONFIG),
    shell:
        "python workflow_scripts/describe_metrics.py --metrics {params.metrics} --output {output}"
        " --threads {threads} > {log} 2>&1"


rule trace_geodesics:
    input:
        unpack(inputs.run_data),
        model="results/runs/{run}/model.json",
        latents="results/runs/{run}/latents.npz",
        metric="results/runs/{run}/metric/base/metric.npz",
        code=lambda w: inputs.run_code("trace_geodesics.py", w),
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
        settings=lambda w: job_settings.geodesics(CONFIG),
        data=inputs.dataset_folder,
    shell:
        "python workflow_scripts/trace_geodesics.py --model results/runs/{wildcards.run} --latents {input.latents}"
        " --metric {input.metric} --data {params.data} --subset {input.subset} --settings {params.settings:q}"
        " --key {wildcards.run} --output {output} --threads {threads} > {log} 2>&1"


rule compare_pullback:
    input:
        model="results/runs/{run}/model.json",
        latents="results/runs/{run}/latents.npz",
        metric="results/runs/{run}/metric/base/metric.npz",
        code=lambda w: inputs.run_code("compare_pullback.py", w),
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
        device=CONFIG.device,
        n=lambda w: CONFIG.artefacts.figure_pullback.n_points,
    shell:
        "python workflow_scripts/compare_pullback.py --model results/runs/{wildcards.run} --latents {input.latents}"
        " --metric {input.metric} --n-points {params.n} --key {wildcards.run} --output {output.arrays}"
        " --output-scores {output.scores} --device {params.device} --threads {threads} > {log} 2>&1"


rule compare_interpolation:
    input:
        unpack(inputs.run_data),
        model="results/runs/{run}/model.json",
        latents="results/runs/{run}/latents.npz",
        metric="results/runs/{run}/metric/base/metric.npz",
        unseen=lambda w: f"{inputs.subset_folder(w)}/unseen_test.npy",
        code=lambda w: inputs.run_code("compare_interpolation.py", w),
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
        device=CONFIG.device,
        settings=lambda w: job_settings.interpolation(CONFIG),
        data=inputs.dataset_folder,
    shell:
        "python workflow_scripts/compare_interpolation.py --model results/runs/{wildcards.run}"
        " --latents {input.latents} --metric {input.metric} --data {params.data} --subset {input.subset}"
        " --unseen {input.unseen} --settings {params.settings:q} --key {wildcards.run} --output {output.arrays}"
        " --output-scores {output.scores} --device {params.device} --threads {threads} > {log} 2>&1"
