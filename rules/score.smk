# Scores of generated images: features, FID, PRD, nearest neighbours.


rule train_backbone:
    input:
        unpack(lambda w: inputs.labelled(w.dataset)),
        # A user's own, in no store of results and under no prefix; their content, not their times, is among `params`.
        taken=lambda w: [ancient(local(path)) for path in inputs.taken_backbone(CONFIG, w)],
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
        script=script("train_backbone.py"),
        code=lambda w: job_code.of_backbone_training("train_backbone.py", w.backbone),
        device=CONFIG.device,
        settings=lambda w: job_settings.backbone(CONFIG, w.backbone, w.dataset),
        taken=lambda w: checksums(inputs.taken_backbone(CONFIG, w)),
    shell:
        "python {params.script} --backbone {wildcards.backbone}"
        " --data {input.train} --settings {params.settings:q}"
        " --key {wildcards.dataset}/{wildcards.backbone}"
        " --output {output.weights}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule fetch_inception:
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
        script=script("fetch_inception.py"),
        code=code_of("fetch_inception.py"),
        data_dir=CONFIG.data_dir,
        mirror=commands.mirror(CONFIG),
    shell:
        "python {params.script} --data-dir {params.data_dir:q} {params.mirror}"
        " --output {output.weights} --threads {threads} > {log} 2>&1"


rule fetch_efficientnet:
    output:
        weights="results/backbones/efficientnet/model.safetensors",
        model="results/backbones/efficientnet/model.json",
    log:
        "results/logs/fetch_efficientnet.log",
    benchmark:
        "results/benchmarks/fetch_efficientnet.tsv"
    conda:
        "../envs/evaluate.yaml"
    resources:
        **needs(),
    params:
        script=script("fetch_efficientnet.py"),
        code=code_of("fetch_efficientnet.py"),
    shell:
        "python {params.script} --output {output.weights} --threads {threads} > {log} 2>&1"


rule extract_reference:
    input:
        unpack(inputs.backbone),
        images="results/data/{dataset}/{split}/images.npy",
        card="results/data/{dataset}/{split}/card.json",
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
        script=script("extract_reference.py"),
        code=lambda w: job_code.of_backbone("extract_reference.py", w),
        device=CONFIG.device,
        n=CONFIG.evaluation.n_samples,
        resize=lambda w: commands.resize(CONFIG, w),
    shell:
        "python {params.script} --backbone {input.backbone} {params.resize}"
        " --data {input.card} --split {wildcards.split} --n {params.n} --output {output}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule extract_training_features:
    input:
        unpack(inputs.backbone),
        unpack(lambda w: inputs.images(w.dataset, "train")),
        validation="results/references/{dataset}/{backbone}/validation.npz",
        test="results/references/{dataset}/{backbone}/test.npz",
        subset="results/data/{dataset}/subsets/{subset}/train.npy",
    output:
        train="results/references/{dataset}/{backbone}/{subset}/train.npy",
        unseen="results/references/{dataset}/{backbone}/{subset}/unseen.npz",
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
        script=script("extract_training_features.py"),
        code=lambda w: job_code.of_backbone("extract_training_features.py", w),
        device=CONFIG.device,
        resize=lambda w: commands.resize(CONFIG, w),
    shell:
        "python {params.script} --backbone {input.backbone} {params.resize}"
        " --data {input.train} --subset {input.subset}"
        " --reference validation={input.validation} --reference test={input.test}"
        " --output {output.train}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule score_samples:
    input:
        unpack(inputs.scored),
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
        script=script("score_samples.py"),
        code=lambda w: job_code.of_backbone("score_samples.py", w),
        device=CONFIG.device,
        key=lambda w: job_settings.key_fields(generation_of(w)),
        config=lambda w: job_settings.config_sha256(CONFIG, generation_of(w)),
        settings=job_settings.score(CONFIG),
        resize=lambda w: commands.resize(CONFIG, w),
    shell:
        "python {params.script} --samples {input.samples} --key-fields {params.key:q}"
        " --backbone {input.backbone} {params.resize} --data {input.train} --subset {input.subset}"
        " --reference validation={input.reference_validation} --reference test={input.reference_test}"
        " --features {input.features} --latents {input.latents} --unseen pixels={input.unseen_pixels}"
        " --unseen latent={input.unseen_latent} --unseen features={input.unseen_features}"
        " --settings {params.settings:q} --config-sha256 {params.config} --output {output.test}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule find_neighbours:
    input:
        unpack(inputs.training_images),
        unpack(inputs.trained),
        unpack(inputs.backbone),
        latents="results/runs/{run}/latents.npz",
        samples="results/runs/{run}/generations/{sampler}/base/samples.npy",
        compared=lambda w: list(inputs.compared_generations(w).values()),
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
        script=script("find_neighbours.py"),
        code=lambda w: job_code.of_neighbours("find_neighbours.py", w),
        device=CONFIG.device,
        resize=lambda w: commands.resize(CONFIG, w),
        compared=lambda w, input: commands.named("--compare", inputs.compared_generations(w), input.compared),
        n=lambda w: commands.n_neighbours(CONFIG),
    shell:
        "python {params.script}"
        " --samples {input.samples} --model {input.model} --latents {input.latents} --data {input.train}"
        " --subset {input.subset}"
        " --backbone {input.backbone} {params.resize} --n-examples {params.n} {params.compared}"
        " --key {wildcards.run}/{wildcards.sampler}/neighbours --output {output}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule collect_scores:
    input:
        records=lambda w: score_records(CONFIG, w.artefact),
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
        script=script("collect_scores.py"),
        code=code_of("collect_scores.py"),
        config=lambda w: job_settings.scored(CONFIG, w.artefact),
        root=lambda w, input: commands.root(input.records, score_records(CONFIG, w.artefact)),
    shell:
        "python {params.script} --config {params.config:q} --root {params.root:q} --artefact {wildcards.artefact}"
        " --output {output} --threads {threads} > {log} 2>&1"


rule collect_all_scores:
    input:
        records=score_records(CONFIG),
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
        script=script("collect_scores.py"),
        code=code_of("collect_scores.py"),
        config=job_settings.scored(CONFIG, *SCORED),
        root=lambda w, input: commands.root(input.records, score_records(CONFIG)),
    shell:
        "python {params.script} --config {params.config:q} --root {params.root:q} --output {output} --threads {threads}"
        " > {log} 2>&1"


rule show_centroids:
    input:
        unpack(inputs.training_images),
        unpack(inputs.trained),
        metric=inputs.metric_file,
        samples="results/runs/{run}/generations/manifold/{variant}/samples.npy",
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
        script=script("show_centroids.py"),
        code=lambda w: job_code.of_run("show_centroids.py", w),
        device=CONFIG.device,
        n=lambda w: CONFIG.artefacts.figure13.columns,
    shell:
        "python {params.script} --model {input.model} --metric {input.metric}"
        " --samples {input.samples} --data {input.train} --subset {input.subset} --n-samples {params.n} --output {output}"
        " --device {params.device} --threads {threads} > {log} 2>&1"
