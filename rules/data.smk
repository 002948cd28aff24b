# Data sets as uint8 arrays, and the subsets of them that models are trained on.


rule prepare_dataset:
    input:
        code=lambda w: scripts("prepare_dataset.py", *behind(f"data/{w.dataset}")),
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
        "../envs/geovae.yaml"
    threads: THREADS
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=0,
    params:
        options=lambda w: slices.dataset(CONFIG, w.dataset),
    shell:
        "python workflow_scripts/prepare_dataset.py --dataset {wildcards.dataset} --options {params.options:q}"
        " --output results/data/{wildcards.dataset} --threads {threads} > {log} 2>&1"


rule draw_subset:
    input:
        train="results/data/{dataset}/train/card.json",
        validation="results/data/{dataset}/validation/card.json",
        code=scripts("draw_subset.py", *behind("data/subsets")),
    output:
        train="results/data/{dataset}/subsets/{subset}/train.npy",
        validation="results/data/{dataset}/subsets/{subset}/validation.npy",
    log:
        "results/logs/draw_subset/{dataset}/{subset}.log",
    benchmark:
        "results/benchmarks/draw_subset/{dataset}/{subset}.tsv"
    conda:
        "../envs/geovae.yaml"
    threads: THREADS
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    shell:
        "python workflow_scripts/draw_subset.py --data results/data/{wildcards.dataset} --subset {wildcards.subset}"
        " --output results/data/{wildcards.dataset}/subsets/{wildcards.subset} --threads {threads} > {log} 2>&1"
