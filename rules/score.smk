# Scores of generated images: features, FID, PRD, nearest neighbours.


rule train_backbone:
    input:
        train="results/data/{dataset}/train/card.json",
        validation="results/data/{dataset}/validation/card.json",
        test="results/data/{dataset}/test/card.json",
        code=lambda w: inputs.backbone_training_code("train_backbone.py", w.backbone),
    output:
        weights="results/backbones/{dataset}/{backbone}/model.safetensors",
        model="results/backbones/{dataset}/{backbone}/model.json",
    log:
        "results/logs/train_backbone/{dataset}/{backbone}.log",
    benchmark:
        "results/benchmarks/train_backbone/{dataset}/{backbone}.tsv"
    wildcard_constraints:
        backbone="|".join(name for name, entry in BACKBONES.items() if entry.train),
    conda:
        "../envs/evaluate.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=240, gpu=GPUS),
    params:
        device=CONFIG.device,
        settings=lambda w: job_settings.backbone(CONFIG, w.backbone),
    shell:
        "python workflow_scripts/train_backbone.py --backbone {wildcards.backbone}"
        " --data results/data/{wildcards.dataset} --settings {params.settings:q}"
        " --key {wildcards.dataset}/{wildcards.backbone}"
        " --output results/backbones/{wildcards.dataset}/{wildcards.backbone}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule fetch_inception:
    input:
        code=code_of("fetch_inception.py"),
    output:
        weights="results/backbones/inception/model.safetensors",
        model="results/backbones/inception/model.json",
    log:
        "results/logs/fetch_inception.log",
    benchmark:
        "results/benchmarks/fetch_inception.tsv"
    conda:
        "../envs/evaluate.yaml"
    resources:
        **needs(mem_mb=2000, runtime=60),
    params:
        data_dir=CONFIG.data_dir,
        mirror=inputs.mirror_option(CONFIG),
    shell:
        "python workflow_scripts/fetch_inception.py --data-dir {params.data_dir:q} {params.mirror}"
        " --output results/backbones/inception --threads {threads} > {log} 2>&1"


rule extract_reference:
    input:
        backbone=lambda w: f"{inputs.backbone_of(w)}/model.json",
        images="results/data/{dataset}/{split}/card.json",
        code=lambda w: inputs.backbone_code("extract_reference.py", w),
    output:
        "results/references/{dataset}/{backbone}/{split}.npz",
    log:
        "results/logs/extract_reference/{dataset}/{backbone}/{split}.log",
    benchmark:
        "results/benchmarks/extract_reference/{dataset}/{backbone}/{split}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=120, gpu=GPUS),
    params:
        device=CONFIG.device,
        n=CONFIG.evaluation.n_samples,
        backbone=inputs.backbone_of,
        resize=lambda w: inputs.resize_option(CONFIG, w),
    shell:
        "python workflow_scripts/extract_reference.py --backbone {params.backbone} {params.resize}"
        " --data results/data/{wildcards.dataset} --split {wildcards.split} --n {params.n} --output {output}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule extract_training_features:
    input:
        validation="results/references/{dataset}/{backbone}/validation.npz",
        test="results/references/{dataset}/{backbone}/test.npz",
        backbone=lambda w: f"{inputs.backbone_of(w)}/model.json",
        train="results/data/{dataset}/train/card.json",
        subset="results/data/{dataset}/subsets/{subset}/train.npy",
        code=lambda w: inputs.backbone_code("extract_training_features.py", w),
    output:
        train="results/references/{dataset}/{backbone}/{subset}/train.npy",
        validation="results/references/{dataset}/{backbone}/{subset}/unseen_validation.npy",
        test="results/references/{dataset}/{backbone}/{subset}/unseen_test.npy",
    log:
        "results/logs/extract_training_features/{dataset}/{backbone}/{subset}.log",
    benchmark:
        "results/benchmarks/extract_training_features/{dataset}/{backbone}/{subset}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=6000, runtime=240, gpu=GPUS),
    params:
        device=CONFIG.device,
        backbone=inputs.backbone_of,
        resize=lambda w: inputs.resize_option(CONFIG, w),
    shell:
        "python workflow_scripts/extract_training_features.py --backbone {params.backbone} {params.resize}"
        " --data results/data/{wildcards.dataset} --subset {input.subset}"
        " --reference validation={input.validation} --reference test={input.test}"
        " --output results/references/{wildcards.dataset}/{wildcards.backbone}/{wildcards.subset}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule score_samples:
    input:
        unpack(inputs.references),
        samples="results/runs/{run}/generations/{sampler}/{variant}/samples.npy",
        diagnostics="results/runs/{run}/generations/{sampler}/{variant}/diagnostics.json",
        latents="results/runs/{run}/latents.npz",
        unseen_latents=expand("results/runs/{{run}}/unseen_{split}.npz", split=SCORED_SPLITS),
        code=lambda w: inputs.backbone_code("score_samples.py", w),
    output:
        validation="results/runs/{run}/generations/{sampler}/{variant}/{backbone}/score_validation.json",
        test="results/runs/{run}/generations/{sampler}/{variant}/{backbone}/score_test.json",
    log:
        "results/logs/score_samples/{run}/{sampler}/{variant}/{backbone}.log",
    benchmark:
        "results/benchmarks/score_samples/{run}/{sampler}/{variant}/{backbone}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=120, gpu=GPUS),
    params:
        device=CONFIG.device,
        key=lambda w: job_settings.key_fields(generation_of(w)),
        config=lambda w: job_settings.config_sha256(CONFIG, generation_of(w)),
        settings=job_settings.score(CONFIG),
        data=inputs.dataset_folder,
        backbone=inputs.backbone_of,
        resize=lambda w: inputs.resize_option(CONFIG, w),
        features=lambda w, input: os.path.dirname(input.features),
    shell:
        "python workflow_scripts/score_samples.py"
        " --samples results/runs/{wildcards.run}/generations/{wildcards.sampler}/{wildcards.variant}"
        " --key-fields {params.key:q} --backbone {params.backbone} {params.resize} --data {params.data}"
        " --subset {input.subset} --reference validation={input.validation} --reference test={input.test}"
        " --unseen validation={input.unseen_validation} --unseen test={input.unseen_test} --features {params.features}"
        " --latents {input.latents} --unseen-latents validation=results/runs/{wildcards.run}/unseen_validation.npz"
        " --unseen-latents test=results/runs/{wildcards.run}/unseen_test.npz --settings {params.settings:q}"
        " --config-sha256 {params.config}"
        " --output results/runs/{wildcards.run}/generations/{wildcards.sampler}/{wildcards.variant}/{wildcards.backbone}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule find_neighbours:
    input:
        unpack(inputs.run_data),
        model="results/runs/{run}/model.json",
        latents="results/runs/{run}/latents.npz",
        samples="results/runs/{run}/generations/{sampler}/base/samples.npy",
        compared=lambda w: [f"{folder}/samples.npy" for folder in inputs.compared_generations(w).values()],
        backbone=lambda w: f"{inputs.backbone_of(w)}/model.json",
        code=lambda w: inputs.neighbours_code("find_neighbours.py", w),
    output:
        "results/runs/{run}/generations/{sampler}/base/{backbone}/neighbours.npz",
    log:
        "results/logs/find_neighbours/{run}/{sampler}/{backbone}.log",
    benchmark:
        "results/benchmarks/find_neighbours/{run}/{sampler}/{backbone}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=120, gpu=GPUS),
    params:
        device=CONFIG.device,
        backbone=inputs.backbone_of,
        resize=lambda w: inputs.resize_option(CONFIG, w),
        compared=inputs.comparisons,
        data=inputs.dataset_folder,
        n=lambda w: inputs.n_neighbours(CONFIG),
    shell:
        "python workflow_scripts/find_neighbours.py"
        " --samples results/runs/{wildcards.run}/generations/{wildcards.sampler}/base"
        " --model results/runs/{wildcards.run} --latents {input.latents} --data {params.data} --subset {input.subset}"
        " --backbone {params.backbone} {params.resize} --n-examples {params.n} {params.compared}"
        " --key {wildcards.run}/{wildcards.sampler}/neighbours --output {output}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule collect_scores:
    input:
        records=lambda w: score_records(CONFIG, w.artefact),
        code=code_of("collect_scores.py"),
    output:
        "results/scores/{artefact}.csv",
    log:
        "results/logs/collect_scores/{artefact}.log",
    benchmark:
        "results/benchmarks/collect_scores/{artefact}.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(),
    params:
        config=lambda w: job_settings.scored(CONFIG, w.artefact),
    shell:
        "python workflow_scripts/collect_scores.py --config {params.config:q} --artefact {wildcards.artefact}"
        " --output {output} --threads {threads} > {log} 2>&1"


rule collect_all_scores:
    input:
        records=score_records(CONFIG),
        code=code_of("collect_scores.py"),
    output:
        "results/scores.csv",
    log:
        "results/logs/collect_all_scores.log",
    benchmark:
        "results/benchmarks/collect_all_scores.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(),
    params:
        config=job_settings.scored(CONFIG, *SCORED),
    shell:
        "python workflow_scripts/collect_scores.py --config {params.config:q} --output {output} --threads {threads}"
        " > {log} 2>&1"


rule show_centroids:
    input:
        unpack(inputs.run_data),
        model="results/runs/{run}/model.json",
        metric=inputs.metric_file,
        samples="results/runs/{run}/generations/manifold/{variant}/samples.npy",
        code=lambda w: inputs.run_code("show_centroids.py", w),
    output:
        "results/runs/{run}/generations/manifold/{variant}/centroids.npz",
    log:
        "results/logs/show_centroids/{run}/{variant}.log",
    benchmark:
        "results/benchmarks/show_centroids/{run}/{variant}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=60, gpu=GPUS),
    params:
        device=CONFIG.device,
        data=inputs.dataset_folder,
        n=lambda w: CONFIG.artefacts.figure13.columns,
    shell:
        "python workflow_scripts/show_centroids.py --model results/runs/{wildcards.run} --metric {input.metric}"
        " --samples results/runs/{wildcards.run}/generations/manifold/{wildcards.variant} --data {params.data}"
        " --subset {input.subset} --n-samples {params.n} --output {output}"
        " --device {params.device} --threads {threads} > {log} 2>&1"
