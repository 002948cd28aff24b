# syntax=docker/dockerfile:1
# The workflow's environment, for profiles/kubernetes, profiles/aws-batch and profiles/google-batch, for
# `apptainer build geovae.sif docker-daemon://geovae:latest` and as a devcontainer:
#   docker build --tag geovae .
# Of the project it holds the requirements alone: Snakemake brings the sources of a build to each job.
FROM python:3.12-slim

# git: records name the commit, and Snakemake lists with it what it brings to the jobs.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY envs/requirements.txt /tmp/workflow.txt
COPY envs/cloud.txt /tmp/cloud.txt
# In two steps, since the second holds an older python-dateutil for S3 than the first. The wheels are of the storage
# plugins, by the hashes of the lock: a job needs no other, as the plugins of the services run where a build is started.
RUN pip install --require-hashes --requirement /tmp/workflow.txt \
    && pip install --require-hashes --requirement /tmp/cloud.txt \
    && sed -n '/^snakemake-storage-plugin-/,/[^\\]$/p' /tmp/cloud.txt > /tmp/storage.txt \
    && pip wheel --require-hashes --no-deps --wheel-dir /wheels --requirement /tmp/storage.txt

# Snakemake has each job install its storage plugin beside its files. Here that is a copy of some kilobytes from the
# image, without a network and without the dependencies, which are installed.
ENV PIP_NO_INDEX=1 PIP_NO_DEPS=1 PIP_FIND_LINKS=/wheels

RUN useradd --create-home --uid 1000 geovae && install -d -o geovae /workdir
USER geovae
WORKDIR /workdir
