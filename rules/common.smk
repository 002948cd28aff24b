# Loads and checks the config; names what the rules use of it, and the patterns of the wildcards.
import gc
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from snakemake import benchmark as snakemake_benchmark
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.jobs import GroupJob
from snakemake.utils import update_config

# The folder of the project, whatever is included from where: `-s`, `--directory` and `module` change no path.
PROJECT = Path(workflow.current_basedir).parent
# Snakemake formats the paths of environments with wildcards.
if {"{", "}"} & set(str(PROJECT)):
    sys.exit(f"{PROJECT}: Snakemake takes braces in this path for wildcards. Move or rename the folder.")

CODE = str(PROJECT / "workflow_scripts")
sys.path.insert(0, CODE)

# All that a plan needs beside Snakemake, whose newer versions bring it along; NumPy and torch are the jobs'.
if find_spec("pydantic") is None:
    sys.exit("error: the Python of this Snakemake lacks pydantic. Install envs/requirements.txt into it.")

from reproduction.runtime import environment

environment.settle(Path(".snakemake/caches"))
if CODE not in sys.path:  # where PYTHONPATH named it
    sys.path.insert(0, CODE)

from geovae.core.disk import shortage
from geovae.core.errors import GeovaeError
from geovae.evaluation.table import BACKBONES
from reproduction.config.base import SUBSET_PATTERN
from reproduction.config.config import load_config
from reproduction.config.datasets import DOWNLOADED
from reproduction.config.files import check_files
from reproduction.config.layers import lies_over_default
from reproduction.config.variants import METRIC_PATTERN, VARIANT_PATTERN, centroids_variant
from reproduction.plan import claim_settings, commands, inputs, job_code, job_settings, render_settings
from reproduction.plan.augmentation import SOURCE_PATTERN, classification_records, n_samples
from reproduction.plan.cells import SCORED, described_metrics
from reproduction.plan.code import checksums, code_of
from reproduction.plan.figures import figure_inputs
from reproduction.plan.job_checks import check_jobs
from reproduction.plan.keys import RUN_PATTERN, SAMPLERS, SCORED_SPLITS, Run, generation_of
from reproduction.plan.targets import ARTEFACTS, score_records, shown_runs, targets
from reproduction.rendering.modules import FIGURE_MODULES, TABLES
from reproduction.runtime import clock, interruption, inventory, liveness, slurm, stores
from reproduction.runtime.forks.benchmark import follow_forks
from reproduction.runtime.forks.start import start as start_server
from reproduction.runtime.planning.plan_faster import plan_faster
from reproduction.runtime.provenance import COMMIT_VARIABLE, commit

liveness.hold()
interruption.announce()  # so that no job outlives this process


def or_stop(check, *arguments):
    """What a check of the config gives; its message alone, where an exception would add Snakemake's own lines."""
    try:
        return check(*arguments)
    except GeovaeError as error:
        sys.exit(str(error))


os.environ[COMMIT_VARIABLE] = or_stop(commit)


envvars:
    COMMIT_VARIABLE,


or_stop(check_files, workflow.overwrite_configfiles)
IMPORTED = not workflow.modifier.is_main_snakefile()  # by `module` of another workflow, whose config files are its own
CONFIG_FILES = (["`config` of the module"] if config else []) if IMPORTED else workflow.overwrite_configfiles
# As messages name it: from the working directory where that is the project's.
DEFAULT = "config.yaml" if PROJECT.samefile(".") else str(PROJECT / "config.yaml")

# Read always, it would lay the paper's config over the shortened lists of the default.
if or_stop(lies_over_default, config, CONFIG_FILES):
    or_stop(check_files, [DEFAULT])

    configfile: DEFAULT

    if workflow.modifier.skip_configfile:  # so it is where an importer gives a config
        given, config = config, load_configfile(DEFAULT)
        update_config(config, given)


CONFIG = or_stop(load_config, config)
or_stop(check_jobs, CONFIG)

if not os.access("results" if os.path.exists("results") else ".", os.W_OK):
    raise WorkflowError("results: the folder cannot be written. Change its permissions or its place.")

THREADS = CONFIG.threads
# For the first page of the report, whose text is given the config and nothing else.
config["built"] = {
    "files": [os.path.relpath(path) for path in workflow.overwrite_configfiles] or [DEFAULT],
    "datasets": sorted({run.dataset for run in shown_runs(CONFIG)}),
    "commit": os.environ[COMMIT_VARIABLE],
}

# Thousands of jobs are millions of objects that all live to the end: looking for dead ones among them is in vain. A real
# run looks again from its start on (Snakefile); that of an importer would not.
if not IMPORTED:
    gc.disable()
plan_faster(workflow)

os.environ.update(commands.mirror_login(CONFIG))  # for the jobs

# Where results are in S3: asked before Snakemake does, whose plugin raises an error for each file that it looks for.
S3 = (workflow.storage_provider_settings or {}).get(stores.PROVIDER)
S3 = S3 and S3.get_settings()
STORE = or_stop(
    stores.of_build,
    workflow.storage_settings.default_storage_provider,
    workflow.storage_settings.default_storage_prefix,
    S3,
)
if STORE and workflow.is_main_process:
    or_stop(STORE.check)
    from snakemake_storage_plugin_s3 import StorageObject

    inventory.list_once(StorageObject, STORE)
if STORE and workflow.local_exec:
    os.environ.update(stores.variables(S3))  # for the jobs, which write the states of trainings themselves


wildcard_constraints:
    dataset="|".join(CONFIG.datasets.names()),
    split="train|validation|test",
    subset=SUBSET_PATTERN,
    run=RUN_PATTERN,
    sampler="|".join(SAMPLERS),
    variant=VARIANT_PATTERN,
    metric=METRIC_PATTERN,
    backbone="|".join(BACKBONES),
    figure="|".join(FIGURE_MODULES),
    table="|".join(TABLES),
    source=SOURCE_PATTERN,
    artefact="|".join(SCORED),


def script(name):
    """For `params`: a script as commands name it, from the working directory where that is the project's.

    With `input` among its arguments it is no reason to run a job again: the project may lie elsewhere now.
    """
    path = f"workflow_scripts/{name}" if PROJECT.samefile(".") else f"{CODE}/{name}"
    return lambda wildcards, input: path


def needs(mem_mb=1000, runtime=10, gpu=0):
    """The resources of a job: MB of memory, minutes and GPUs; by default those of a job that is small.

    They stand in the rules, since `default-resources` of profiles/default would take the place of a cluster's own. A job
    without GPUs does not name them: Kubernetes would take 0 of them for a limit to be granted.
    """
    return {"mem_mb": mem_mb, "runtime": runtime} | ({"gpu": gpu} if gpu else {})


def stop_without_slurm():
    """For `onstart`: where SLURM would refuse the jobs, end with its reason."""
    if workflow.executor_plugin is not None and workflow.executor_plugin.name == "slurm":
        slurm.let_groups_fail(GroupJob)
        named = ("slurm_account", "slurm_partition")
        jobs = [job.resources for job in workflow.dag.needrun_jobs() if not job.is_local]
        or_stop(slurm.check_site, {tuple(str(resources.get(name) or "") for name in named) for resources in jobs})


def wait_for_the_past():
    """For `onstart`: nothing that a job reads may be of the future."""
    read = {str(path) for job in workflow.dag.needrun_jobs() for path in job.input}
    or_stop(clock.wait_for_the_past, read, "results" if os.path.exists("results") else ".")


def artefact_targets(name):
    """The files of a table or figure, under the name that it is asked for by."""
    try:
        return commands.artefact_targets(CONFIG, name)
    except GeovaeError as error:
        raise WorkflowError(str(error)) from None


def start_forks():
    """For `onstart`: let the jobs of a build on this machine's CPU be forks of one process with the libraries loaded.

    Not with software that Snakemake deploys, where `python` is another, nor with GPUs, which forks were not tried on.
    """
    if workflow.is_main_process and workflow.local_exec and not GPUS and not workflow.touch:
        if not workflow.deployment_settings.deployment_method and (folder := start_server()):
            follow_forks(snakemake_benchmark, folder)
