# One named target an artefact: `snakemake table1 figure1`.


rule table1:
    input:
        lambda w: artefact("table1"),


rule figure1:
    input:
        lambda w: artefact("figure1"),


rule figure2:
    input:
        lambda w: artefact("figure2"),


rule figure3:
    input:
        lambda w: artefact("figure3"),


rule figure5:
    input:
        lambda w: artefact("figure5"),
