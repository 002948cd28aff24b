# Reproduces "A Geometric Perspective on Variational Autoencoders" (Chadebec & Allassonnière, NeurIPS 2022).
# `snakemake --cores all` builds everything that config.yaml asks for; docs/design.md shows the stages.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/latent.smk"
include: "rules/generate.smk"
include: "rules/score.smk"
include: "rules/augment.smk"
include: "rules/render.smk"
include: "rules/artefacts.smk"


rule all:
    default_target: True
    input:
        experiments.targets(CONFIG),
