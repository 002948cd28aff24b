# One named target an artefact: `snakemake table1 figure1 claims`.
for ARTEFACT in ARTEFACTS:

    rule:
        name:
            ARTEFACT
        input:
            lambda w, artefact=ARTEFACT: artefact_targets(artefact),
