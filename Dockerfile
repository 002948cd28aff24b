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
COPY tests/cloud/requirements.txt /tmp/cloud.txt
# In two steps, since the second holds an older python-dateutil for S3 than the first.
RUN pip install --require-hashes --requirement /tmp/workflow.txt \
    && pip install --require-hashes --requirement /tmp/cloud.txt
# A job needs its storage alone: the plugins for Google's and Amazon's services run where a build is started.
ARG STORAGE="snakemake-storage-plugin-gcs==1.1.4"
RUN pip install $STORAGE \
    && pip wheel --no-deps --wheel-dir /wheels $STORAGE snakemake-storage-plugin-s3==0.3.6

# Snakemake has each job install its storage plugin beside its files. Here that is a copy of some kilobytes from the
# image, without a network and without the dependencies, which are installed.
ENV PIP_NO_INDEX=1 PIP_NO_DEPS=1 PIP_FIND_LINKS=/wheels

RUN useradd --create-home --uid 1000 geovae && install -d -o geovae /workdir
USER geovae
WORKDIR /workdir
