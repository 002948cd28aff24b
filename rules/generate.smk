# Images drawn from a trained model by one sampler.

LATENT_FILES = ("latents", "latents_validation", "latents_test")


rule draw_samples:
    input:
        unpack(lambda w: inputs.sampler_inputs(CONFIG, w)),
        code=lambda w: inputs.sampler_code("draw_samples.py", w),
    output:
        samples="results/runs/{run}/generations/{sampler}/{variant}/samples.npy",
        latents="results/runs/{run}/generations/{sampler}/{variant}/latents.npy",
        diagnostics="results/runs/{run}/generations/{sampler}/{variant}/diagnostics.json",
    log:
        "results/logs/draw_samples/{run}/{sampler}/{variant}.log",
    benchmark:
        "results/benchmarks/draw_samples/{run}/{sampler}/{variant}.tsv"
    conda:
        "../envs/train.yaml"
    threads: THREADS
    resources:
        **needs(mem_mb=4000, runtime=240, gpu=GPUS),
    params:
        device=CONFIG.device,
        files=lambda w, input: inputs.sampler_flags(input, *LATENT_FILES, "metric", "subset", "matched"),
        settings=lambda w: job_settings.sampler(CONFIG, generation_of(w)),
        data=inputs.dataset_folder,
        n=lambda w: n_samples(CONFIG, generation_of(w)),
    shell:
        "python workflow_scripts/draw_samples.py --sampler {wildcards.sampler} --n {params.n}"
        " --settings {params.settings:q} --key {wildcards.run}/{wildcards.sampler}/{wildcards.variant}"
        " --model results/runs/{wildcards.run} {params.files} --data {params.data}"
        " --output results/runs/{wildcards.run}/generations/{wildcards.sampler}/{wildcards.variant}"
        " --device {params.device} --threads {threads} > {log} 2>&1"
