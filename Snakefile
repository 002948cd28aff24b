# Reproduces "A Geometric Perspective on Variational Autoencoders" (Chadebec & Allassonnière, NeurIPS 2022).
# `snakemake --cores all` builds everything that config.yaml asks for; docs/design.md shows the stages.
from snakemake.utils import min_version

min_version("9.0")


report: "rules/captions/build.rst"


include: "rules/common.smk"
include: "rules/devices.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/latent.smk"
include: "rules/generate.smk"
include: "rules/score.smk"
include: "rules/augment.smk"
include: "rules/render.smk"
include: "rules/artefacts.smk"
include: "rules/plan.smk"


onstart:
    gc.freeze()  # the jobs live to the end
    gc.enable()
    interruption.heed_sigterm()
    stop_without_gpu()
    wait_for_the_past()
    stop_without_slurm()
    start_forks()
    # Snakemake's limit of jobs per second wakes the scheduler once a second more for every job that has ended, which
    # takes a whole core after some minutes (9.27). On one machine there is no rate to limit.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


onerror:
    # A job whose log lies on a full disk cannot say why it failed.
    if reason := shortage("results", mebibytes=16):
        print(
            f"error: results: 16 MiB more cannot be written ({reason}). Make room, and start again.",
            file=sys.stderr,
        )
    if STORE and workflow.is_main_process and (reason := STORE.shortage(mebibytes=1)):
        print(f"error: {reason}", file=sys.stderr)


rule all:
    default_target: True
    input:
        targets(CONFIG),
