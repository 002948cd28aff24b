# Data sets as uint8 arrays, and the subsets of them that models are trained on.

# One rule per data set that has raw files: `snakemake --cores 1 download_mnist`.
for DATASET in DOWNLOADED:

    rule:
        name:
            f"download_{DATASET}"
        output:
            f"results/downloads/{DATASET}.json",
        log:
            f"results/logs/download_dataset/{DATASET}.log",
        benchmark:
            f"results/benchmarks/download_dataset/{DATASET}.tsv"
        conda:
            "../envs/data.yaml"
        resources:
            **needs(runtime=600),
        params:
            script=script("download_dataset.py"),
            dataset=DATASET,
            data_dir=CONFIG.data_dir,
            mirror=commands.mirror(CONFIG),
        shell:
            "python {params.script} --dataset {params.dataset} --data-dir {params.data_dir:q}"
            " {params.mirror} --output {output} --threads {threads} > {log} 2>&1"


rule prepare_dataset:
    input:
        raw=lambda w: inputs.raw_data(w.dataset),
    output:
        images=expand(
            "results/data/{{dataset}}/{split}/images.npy",
            split=["train", "validation", "test"],
        ),
        labels=expand(
            "results/data/{{dataset}}/{split}/labels.npy",
            split=["train", "validation", "test"],
        ),
        cards=expand(
            "results/data/{{dataset}}/{split}/card.json",
            split=["train", "validation", "test"],
        ),
    log:
        "results/logs/prepare_dataset/{dataset}.log",
    benchmark:
        "results/benchmarks/prepare_dataset/{dataset}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 4  # decoding gives the same bytes on any number
    resources:
        **needs(mem_mb=2000, runtime=120),
    params:
        script=script("prepare_dataset.py"),
        code=lambda w: job_code.of_dataset("prepare_dataset.py", w.dataset),
        raw=lambda w, input: commands.raw(CONFIG, w.dataset, input.raw),
        options=lambda w: job_settings.dataset(CONFIG, w.dataset),
    shell:
        "python {params.script} --dataset {wildcards.dataset} --options {params.options:q}"
        " {params.raw} --output {output.cards[0]} --threads {threads} > {log} 2>&1"


rule draw_subset:
    input:
        unpack(lambda w: inputs.labelled(w.dataset, "train", "validation")),
    output:
        train="results/data/{dataset}/subsets/{subset}/train.npy",
        validation="results/data/{dataset}/subsets/{subset}/validation.npy",
    log:
        "results/logs/draw_subset/{dataset}/{subset}.log",
    benchmark:
        "results/benchmarks/draw_subset/{dataset}/{subset}.tsv"
    conda:
        "../envs/data.yaml"
    threads: THREADS
    resources:
        **needs(),
    params:
        script=script("draw_subset.py"),
        code=code_of("draw_subset.py"),
    shell:
        "python {params.script} --data {input.train} --subset {wildcards.subset}"
        " --output {output.train} --threads {threads} > {log} 2>&1"


rule measure_unseen:
    input:
        unpack(lambda w: inputs.images(w.dataset, "train", *SCORED_SPLITS)),
        subset="results/data/{dataset}/subsets/{subset}/train.npy",
    output:
        "results/data/{dataset}/subsets/{subset}/unseen.npz",
    log:
        "results/logs/measure_unseen/{dataset}/{subset}.log",
    benchmark:
        "results/benchmarks/measure_unseen/{dataset}/{subset}.tsv"
    conda:
        "../envs/evaluate.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=2000, runtime=120, gpu=GPUS),
    params:
        script=script("measure_unseen.py"),
        code=code_of("measure_unseen.py"),
        device=CONFIG.device,
        n=CONFIG.evaluation.n_samples,
    shell:
        "python {params.script} --data {input.train} --subset {input.subset}"
        " --n {params.n} --output {output} --device {params.device} --threads {threads} > {log} 2>&1"
