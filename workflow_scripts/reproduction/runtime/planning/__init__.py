"""What makes Snakemake plan thousands of jobs faster, without another result; docs/performance.md says by how much.

Snakemake reads the signatures of the same few functions of the rules some 22 times a job, parses a pattern with its
constraints again for each path that it fills, looks for the job that makes a file again for each job that reads it,
makes three objects of each path, computes the parameters of each job for an environment that does not depend on them,
takes all outputs apart with pathlib, and formats each job of a dry run. What is replaced here is not public in
Snakemake: a version that has it no more is left as it is, and plans slower.
"""
