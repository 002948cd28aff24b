# The augmentation task: classifiers trained on real or on generated images, and their scores in one table.


rule train_classifier:
    input:
        unpack(lambda w: inputs.augmentation_inputs(CONFIG, w)),
    output:
        "results/augmentation/{dataset}/{source}.json",
    log:
        "results/logs/train_classifier/{dataset}/{source}.log",
    benchmark:
        "results/benchmarks/train_classifier/{dataset}/{source}.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=480, gpu=GPUS),
    params:
        script=script("train_classifier.py"),
        code=code_of("train_classifier.py"),
        device=CONFIG.device,
        settings=lambda w: job_settings.augmentation_classifier(CONFIG),
        kind=lambda w: commands.training_set(w.source),
        classes=lambda w, input: commands.classes(CONFIG, input.subsets),
        samples=lambda w, input: commands.class_samples(CONFIG, w, input.samples),
        n_runs=lambda w: CONFIG.artefacts.table2.n_runs,
    shell:
        "python {params.script} --data {input.train} --training-set {params.kind}"
        " {params.classes} {params.samples} --n-runs {params.n_runs} --settings {params.settings:q}"
        " --key {wildcards.dataset}/augmentation/{wildcards.source} --output {output}"
        " --device {params.device} --threads {threads} > {log} 2>&1"


rule collect_classification:
    input:
        records=lambda w: list(classification_records(CONFIG).values()),
    output:
        "results/classification.csv",
    log:
        "results/logs/collect_classification.log",
    benchmark:
        "results/benchmarks/collect_classification.tsv"
    conda:
        "../envs/render.yaml"
    resources:
        **needs(),
    params:
        script=script("collect_classification.py"),
        code=code_of("collect_classification.py"),
        records=lambda w, input: commands.named("", classification_records(CONFIG), input.records),
    shell:
        "python {params.script} --records {params.records} --output {output}" " --threads {threads} > {log} 2>&1"
