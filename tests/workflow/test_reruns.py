"""An edit of a module reruns the jobs that load it, as Python itself loads them, and no other."""

import hashlib
import json
import re

import pytest

from helpers.dry_runs import Job, downstream, jobs_of, recorded_code
from helpers.paths import SCRIPTS
from helpers.snakemake_runs import LOADED, output, run_snakemake
from reproduction.plan.code import NAMES, PLUMBING, is_left_out

MODULES = sorted(str(path.relative_to(SCRIPTS)) for path in SCRIPTS.rglob("*.py"))
# Imported inside a function that most jobs of a rule do not call: of the samplers, `real` alone reads images, and what
# is measured at training means needs none, or reads them where they lie.
NOT_ALWAYS_LOADED = {
    "draw_samples": {"geovae/data/base.py", "geovae/data/subsets.py"},
    "compare_pullback": {"geovae/data/base.py", "geovae/data/subsets.py"},
    "compare_interpolation": {"geovae/data/subsets.py"},
}
EDITED = (
    "geovae/models/coding.py",
    "geovae/sampling/kernel.py",
    "geovae/evaluation/prd.py",
    "geovae/geometry/tracing.py",
    "reproduction/rendering/tables/table3.py",
    "reproduction/rendering/writers/write.py",
)
SPARED = ("geovae/core/seeding.py", "geovae/models/table.py", "geovae/models/rae_sn.py", "reproduction/runtime/job.py")


@pytest.fixture(scope="module")
def jobs(smoke) -> list[Job]:
    """All jobs of the build."""
    result = run_snakemake(smoke, "--dry-run", "--forceall")
    assert result.returncode == 0, output(result)
    return jobs_of(output(result))


@pytest.fixture(scope="module")
def code(smoke, jobs) -> dict[Job, frozenset[str]]:
    """The modules that each job of the build is run again for."""
    recorded = recorded_code(smoke)
    return {job: recorded[min(job.outputs)] for job in jobs if job.arguments}


@pytest.fixture(scope="module")
def loaded(smoke, jobs) -> dict[Job, set[str]]:
    """What each job loaded of the two packages when it ran."""
    records = [json.loads(path.read_text()) for path in (smoke / LOADED).iterdir()]
    found = {tuple(record["arguments"]): set(record["files"]) for record in records}
    return {job: found[job.arguments] for job in jobs if job.arguments}


def outputs(jobs) -> set[frozenset[str]]:
    return {job.outputs for job in jobs if job.outputs}


def edit(project, module: str) -> str:
    """Add a comment to a module; its text before."""
    path = project / "workflow_scripts" / module
    before = path.read_text()
    path.write_text(f"{before}\n# a comment\n")
    return before


def checksum_and_edit(project, module: str) -> tuple[str, str]:
    """The checksum of a module as `code_of` takes it, and the text, before a comment is added."""
    content = (project / "workflow_scripts" / module).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12], edit(project, module)


def rerun(project) -> set[frozenset[str]]:
    result = run_snakemake(project, "--dry-run")
    assert result.returncode == 0, output(result)
    return outputs(jobs_of(output(result)))


def test_every_rule_of_the_build_has_a_job_that_said_what_it_loaded(jobs, loaded, code):
    assert {job.rule for job in loaded} == {job.rule for job in jobs} - {"all"}
    assert all(job.script in code[job] for job in loaded)
    assert all("reproduction/runtime/job.py" in files for files in loaded.values())


def test_no_module_that_a_job_loads_is_missing_from_its_parameters(loaded, code):
    missing = {(job.rule, file) for job, files in loaded.items() for file in files - code[job] if not is_left_out(file)}
    assert missing == set()


def test_no_module_that_a_job_does_not_load_is_among_its_parameters(loaded, code):
    idle = {(job.rule, file) for job, files in loaded.items() for file in code[job] - files - {job.script}}
    assert idle == {(rule, file) for rule, files in NOT_ALWAYS_LOADED.items() for file in files}


def test_what_is_left_out_is_loaded_by_jobs(loaded):
    """So that a name or folder that is left out for nothing is noticed."""
    everything = set().union(*loaded.values())
    assert set(NAMES) <= everything
    downloads = {"geovae/data/raw_files/"}  # the data sets of this build have no raw files
    assert all(any(file.startswith(folder) for file in everything) for folder in set(PLUMBING) - downloads)


@pytest.mark.parametrize("module", EDITED)
def test_an_edit_reruns_the_jobs_that_load_the_module_and_what_reads_their_files(smoke_copy, jobs, loaded, module):
    concerned = [job for job, files in loaded.items() if module in files]
    assert concerned
    edit(smoke_copy, module)
    assert rerun(smoke_copy) == outputs(downstream(jobs, concerned))


@pytest.mark.parametrize("module", SPARED)
def test_an_edit_of_plumbing_of_names_or_of_what_no_job_loads_reruns_nothing(smoke_copy, module):
    edit(smoke_copy, module)
    assert rerun(smoke_copy) == set()


def test_the_reason_names_the_module_with_both_checksums(smoke_copy):
    before, _ = checksum_and_edit(smoke_copy, "reproduction/rendering/tables/table5.py")
    text = output(run_snakemake(smoke_copy, "--dry-run"))
    after, _ = checksum_and_edit(smoke_copy, "reproduction/rendering/tables/table5.py")
    reason = re.search(r"reason: Params have changed since last execution: (.*)", text)[1]
    assert f"table5.py {before}" in reason
    assert f"table5.py {after}" in reason


def test_editing_a_model_retrains_it_and_nothing_else(smoke_copy):
    edit(smoke_copy, "geovae/models/ae.py")
    trained = [files for files in rerun(smoke_copy) if any(file.endswith("/model.safetensors") for file in files)]
    assert len(trained) == 1
    assert "results/runs/digits/full/conv/ae/base/seed0/model.safetensors" in trained[0]


def test_touching_code_reruns_nothing(smoke_copy):
    for path in (smoke_copy / "workflow_scripts").rglob("*.py"):
        path.touch()
    assert rerun(smoke_copy) == set()


def test_another_module_under_the_same_name_reruns_the_jobs_of_that_name(smoke_copy, jobs, code):
    table = smoke_copy / "workflow_scripts/geovae/sampling/table.py"
    assert "geovae.sampling.kernel:sample_kde" in table.read_text()
    (table.parent / "other.py").write_text((table.parent / "kernel.py").read_text())
    table.write_text(table.read_text().replace("sampling.kernel:", "sampling.other:"))
    concerned = [job for job, files in code.items() if "geovae/sampling/kernel.py" in files]
    assert rerun(smoke_copy) == outputs(downstream(jobs, concerned))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_an_edit_of_any_module_reruns_at_least_the_jobs_that_load_it(smoke_copy, jobs, loaded, code):
    for module in MODULES:
        before = edit(smoke_copy, module)
        again = rerun(smoke_copy)
        (smoke_copy / "workflow_scripts" / module).write_text(before)
        users = [job for job, files in loaded.items() if module in files and not is_left_out(module)]
        owners = [job for job, files in code.items() if module in files]
        assert outputs(downstream(jobs, users)) <= again, module
        assert again == outputs(downstream(jobs, owners)), module
