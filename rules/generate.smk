# Images drawn from a trained model by one sampler.

READ_FILES = ("latents", "latents_validation", "latents_test", "metric", "subset", "matched")


rule draw_samples:
    input:
        unpack(lambda w: inputs.sampler_inputs(CONFIG, w)),
        metric_seconds=lambda w: ancient(inputs.metric_seconds(CONFIG, w)),  # another time is no other metric
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
        script=script("draw_samples.py"),
        code=lambda w: job_code.of_sampler("draw_samples.py", w),
        device=CONFIG.device,
        files=lambda w, input: commands.sampler_files(input, *READ_FILES),
        settings=lambda w: job_settings.sampler(CONFIG, generation_of(w)),
        n=lambda w: n_samples(CONFIG, generation_of(w)),
    shell:
        "python {params.script} --sampler {wildcards.sampler} --n {params.n}"
        " --settings {params.settings:q} --key {wildcards.run}/{wildcards.sampler}/{wildcards.variant}"
        " --model {input.model} {params.files} --output {output.samples}"
        " --device {params.device} --threads {threads} > {log} 2>&1"
