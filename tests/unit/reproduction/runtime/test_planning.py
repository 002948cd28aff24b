"""Planning that is faster gives what Snakemake gives: signatures, filled patterns, and dry runs of few jobs."""

import asyncio
from inspect import signature
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import snakemake.cli  # noqa: F401 - before its parts, which import one another
from hypothesis import given
from hypothesis import strategies as st
from snakemake import common, io, rules
from snakemake.dag import DAG
from snakemake.exceptions import WildcardError
from snakemake.jobs import Job
from snakemake.path_modifier import PathModifier

from reproduction.config.variants import VARIANT_PATTERN
from reproduction.runtime.planning import graph, paths

PATTERN = f"results/{{run}}/{{variant,{VARIANT_PATTERN}}}/{{n,a{{3,5}}}}/{{run}}.npy"


def copy_of(module, *names):
    return SimpleNamespace(**{name: getattr(module, name) for name in names})


@pytest.fixture
def signatures():
    """A stand-in for a module that counts how often signatures are read."""
    read = []

    def get_function_params(function):
        read.append(function)
        return common.get_function_params(function)

    module = SimpleNamespace(get_function_params=get_function_params, read=read)
    graph.remember_signatures(module)
    return module


def test_snakemake_still_has_what_is_replaced():
    assert callable(common.get_function_params)
    assert callable(rules.get_function_params)
    assert callable(io.apply_wildcards)
    assert io._IOFile.apply_wildcards.__globals__ is vars(io)  # so that paths are filled by the module's function
    assert io._IOFile.check.__globals__ is io._IOFile.is_storage.fget.__globals__ is vars(io)
    assert callable(io.is_flagged)
    assert callable(io.check)
    assert callable(PathModifier.modify)
    assert isinstance(Job.conda_env_spec, property)
    assert isinstance(io._IOFile.is_storage, property)
    assert callable(io._IOFile.exists)
    assert callable(rules.IOFile)
    assert callable(DAG.check_directory_outputs)
    assert list(signature(DAG.update).parameters)[:5] == ["self", "jobs", "file", "visited", "known_producers"]


def test_the_signature_of_a_function_is_read_once(signatures):
    def function(wildcards, input): ...

    assert [list(signatures.get_function_params(function)) for _ in range(3)] == [["wildcards", "input"]] * 3
    assert signatures.read == [function]


def test_parameters_that_snakemake_sets_later_are_seen(signatures):
    def function(*arguments): ...

    assert list(signatures.get_function_params(function)) == ["arguments"]
    common.overwrite_function_params(function, ["wildcards"])
    assert signatures.get_function_params(function) == ["wildcards"]


def test_what_cannot_be_remembered_is_read_each_time(signatures):
    class Unhashable:
        __hash__ = None

        def __call__(self, wildcards): ...

    function = Unhashable()
    assert [list(signatures.get_function_params(function)) for _ in range(2)] == [["wildcards"]] * 2
    assert len(signatures.read) == 2


def test_a_module_is_changed_once(signatures):
    changed = signatures.get_function_params
    graph.remember_signatures(signatures)
    assert signatures.get_function_params is changed


def test_a_version_without_these_functions_is_left_as_it_is():
    module = SimpleNamespace()
    graph.remember_signatures(module)
    paths.remember_patterns(module)
    paths.read_flags(module, module)
    paths.remember_checks(module)
    paths.wrap_once(module, module)
    for change in (
        graph.remember_producers,
        paths.pass_paths,
        paths.look_up_files,
        lambda older: paths.read_storage(older, str),
        graph.settle_environments,
        graph.compare_outputs,
    ):
        older = type("Older", (), {})
        change(older)
        assert set(vars(older)) == set(vars(type("Older", (), {})))
    workflow = SimpleNamespace(output_settings=SimpleNamespace(dryrun=True, quiet=None))
    graph.show_numbers_of_many(workflow, {"rules"})
    assert not vars(module)
    assert not hasattr(workflow, "_build_dag")


@given(st.text(), st.sampled_from(["base", "k100_lam0.1", "", "{run}", 7]))
def test_patterns_are_filled_as_snakemake_fills_them(run, variant):
    module = copy_of(io, "apply_wildcards", "WILDCARD_REGEX")
    paths.remember_patterns(module)
    wildcards = {"run": run, "variant": variant, "n": "aaa"}
    for pattern in (
        PATTERN,
        "results/{run}",
        "{run}{n}",
        "results/scores.csv",
        "{",
        "a{}b",
        io.AnnotatedString(PATTERN),
    ):
        original = getattr(io.apply_wildcards, "__wrapped__", io.apply_wildcards)
        assert module.apply_wildcards(pattern, wildcards) == original(pattern, wildcards)


def test_a_missing_wildcard_is_named_as_by_snakemake():
    module = copy_of(io, "apply_wildcards", "WILDCARD_REGEX")
    paths.remember_patterns(module)
    with pytest.raises(WildcardError, match="variant"):
        module.apply_wildcards(PATTERN, {"run": "a"})


class Rule(NamedTuple):
    name: str
    dependencies: dict = {}  # noqa: RUF012 - it is never changed


class Graph:
    """A stand-in for Snakemake's graph, which is told of the jobs that may make a file and takes the first."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    async def update(self, jobs, file=None, visited=None, known_producers=None, progress=False):
        if "none" in jobs:
            raise LookupError(file)
        return jobs[0]


def asked(made, jobs, file="a", **known):
    return asyncio.run(made.update(jobs, file=file, **known))


@pytest.fixture
def graphs():
    changed = type("Changed", (Graph,), {"update": Graph.update})
    graph.remember_producers(changed)
    before = changed.update
    graph.remember_producers(changed)
    assert changed.update is before
    return changed


def test_the_job_that_makes_a_file_is_noted_where_snakemake_keeps_what_it_knows(graphs):
    known = {}
    assert asked(graphs(Rule("r")), ["job"], known_producers=known) == "job"
    assert known == {"a": ["job"]}
    assert asked(graphs(Rule("r")), ["job"]) == "job"


@pytest.mark.parametrize(
    ("rules", "jobs", "file"),
    [
        ([Rule("r")], ["job", "other"], "a"),  # another may be taken next time
        ([Rule("r"), Rule("s", {"a": "r"})], ["job"], "a"),  # which may be the one that s names for itself
        ([Rule("r")], ["job"], None),
    ],
)
def test_a_job_that_others_might_not_take_is_not_noted(graphs, rules, jobs, file):
    known = {}
    assert asked(graphs(*rules), jobs, file, known_producers=known) == "job"
    assert known == {}


def test_a_job_that_cannot_be_is_not_noted(graphs):
    known = {}
    with pytest.raises(LookupError):
        asked(graphs(Rule("r")), ["none"], known_producers=known)
    assert known == {}


def flagged(value, **flags):
    result = io.AnnotatedString(value)
    result.flags.update(flags)
    return result


def test_flags_are_those_that_snakemake_reads():
    module, other = copy_of(io, "_IOFile", "AnnotatedString", "is_flagged"), copy_of(io, "is_flagged")
    original = getattr(io.is_flagged, "__wrapped__", io.is_flagged)
    module.is_flagged = other.is_flagged = original
    paths.read_flags(module, other)
    paths.read_flags(module, other)
    assert module.is_flagged is other.is_flagged is not original
    texts = ["a", flagged("a"), flagged("a", temp=True), flagged("a", temp=None, ancient=1), flagged("a", temp=False)]
    for value in [*texts, *(io.IOFile(text) for text in texts), None, 3, ["a"], lambda wildcards: "a"]:
        for flag in ("temp", "ancient", "storage_object"):
            found = module.is_flagged(value, flag)
            assert found is original(value, flag)


def test_storage_is_where_snakemake_sees_it():
    original = getattr(io._IOFile.is_storage.fget, "__wrapped__", io._IOFile.is_storage.fget)
    changed = type("Changed", (io._IOFile,), {"is_storage": property(original)})
    paths.read_storage(changed, io.AnnotatedString)
    paths.read_storage(changed, io.AnnotatedString)
    assert changed.is_storage.fget.__wrapped__ is original
    texts = ["a", flagged("a"), flagged("a", temp=True), flagged("a", storage_object=[]), lambda wildcards: "a"]
    for value in [*texts, *(changed(text, None) for text in texts)]:
        found = changed(value, None)
        assert found.is_storage is original(found) is False
    stored = changed("a", None)
    stored.set_flags({"storage_object": [1]})
    assert stored.is_storage is original(stored) is True


def test_a_path_of_a_rule_is_not_wrapped_for_the_same_rule():
    module = SimpleNamespace(IOFile=getattr(rules.IOFile, "__wrapped__", rules.IOFile))
    paths.wrap_once(module, io)
    rule = SimpleNamespace(pathvars=SimpleNamespace(apply=lambda path: path))
    path = module.IOFile("a/", rule)
    assert (type(path), str(path), path.rule) == (io._IOFile, "a", rule)
    assert module.IOFile(path, rule) is path
    other = SimpleNamespace(pathvars=rule.pathvars)
    assert module.IOFile(path, other) is not path
    assert module.IOFile(path, other).rule is other


@pytest.mark.parametrize(("active", "storage", "asks"), [(True, False, 0), (False, False, 1), (True, True, 1)])
@pytest.mark.parametrize("known", [True, False])
def test_a_file_that_was_seen_is_not_looked_for_again(active, storage, asks, known):
    class Path(str):
        asked, is_storage = 0, storage

        async def exists(self):
            Path.asked += 1
            return known

    paths.look_up_files(Path)
    path, new = Path("a"), Path("b")
    cache = SimpleNamespace(active=active, exists_local={"a": known})
    path.rule = new.rule = SimpleNamespace(workflow=SimpleNamespace(iocache=cache))
    assert asyncio.run(path.exists()) is known
    assert Path.asked == asks
    assert asyncio.run(new.exists()) is known
    assert Path.asked == asks + 1


def test_a_path_is_checked_once_however_many_jobs_read_it():
    seen = []

    def check(iofile, rule=None, is_storage=False):
        seen.append((iofile, is_storage))
        if iofile == "bad":
            raise ValueError(iofile)

    module = SimpleNamespace(check=check)
    paths.remember_checks(module)
    for _ in range(2):
        module.check("a", rule="r")
        module.check("a", is_storage=True)
        with pytest.raises(ValueError, match="bad"):
            module.check("bad")
    assert seen == [("a", False), ("a", True), ("bad", False), ("bad", False)]


@pytest.mark.parametrize("changing", ["prefix", "_prefix_replacements", "inner_modifier", "storage"])
def test_paths_are_passed_where_nothing_would_change_them(changing):
    class Modifier:
        prefix = _prefix_replacements = inner_modifier = None
        workflow = SimpleNamespace(storage_settings=SimpleNamespace(default_storage_provider=None))

        def modify(self, path, property=None):
            return ("modified", path, property)

    paths.pass_paths(Modifier)
    modifier = Modifier()
    assert modifier.modify("a", property="input") == "a"
    if changing == "storage":
        modifier.workflow = SimpleNamespace(storage_settings=SimpleNamespace(default_storage_provider="s3"))
    else:
        setattr(modifier, changing, "x")
    assert modifier.modify("a", property="input") == ("modified", "a", "input")


@pytest.mark.parametrize(("environment", "asks"), [("envs/train.yaml", False), (lambda wildcards, params: "a", True)])
def test_an_environment_that_depends_on_nothing_asks_for_no_parameters(environment, asks):
    class Rule:
        conda_env = environment

        def expand_conda_env(self, wildcards, params=None, input=None):
            return ("environment", wildcards)

    class Stub:
        rule, wildcards_dict, input, _conda_env_spec, asked = Rule(), {"a": 1}, [], None, 0

        @property
        def params(self):
            self.asked += 1

        @property
        def conda_env_spec(self):
            if self._conda_env_spec is None:
                self._conda_env_spec = self.rule.expand_conda_env(self.wildcards_dict, self.params, self.input)
            return self._conda_env_spec

    graph.settle_environments(Stub)
    job = Stub()
    assert [job.conda_env_spec, job.conda_env_spec] == [("environment", {"a": 1})] * 2
    assert job.asked == asks


@pytest.mark.parametrize(
    ("outputs", "suspicious"),
    [
        (["results/a/b.npz", "results/a/c.npz", "results/ab"], False),
        (["results/a/b/c.npz", "results/a"], True),
        (["results/a/b.npz", "./results/a"], True),
        (["/x/a", "/x/a/b"], True),
        ([], False),
    ],
)
def test_outputs_inside_of_others_are_left_to_snakemake(outputs, suspicious):
    class Graph:
        def __init__(self, outputs):
            self.jobs, self.asked = [SimpleNamespace(output=[path]) for path in outputs], 0

        def check_directory_outputs(self):
            self.asked += 1

    graph.compare_outputs(Graph)
    made = Graph(outputs)
    made.check_directory_outputs()
    assert made.asked == suspicious


@pytest.mark.parametrize(
    ("dryrun", "quiet", "n_jobs", "after"),
    [
        (True, None, graph.MOST_PRINTED + 1, {"rules"}),
        (True, None, graph.MOST_PRINTED, None),
        (True, {"host"}, graph.MOST_PRINTED + 1, {"host"}),
        (False, None, graph.MOST_PRINTED + 1, None),
    ],
)
def test_only_a_dry_run_of_many_jobs_shows_their_numbers_alone(dryrun, quiet, n_jobs, after, capsys):
    workflow = SimpleNamespace(output_settings=SimpleNamespace(dryrun=dryrun, quiet=quiet), dag=())
    workflow._build_dag = lambda: setattr(workflow, "dag", range(n_jobs))
    graph.show_numbers_of_many(workflow, {"rules"})
    workflow._build_dag()
    assert workflow.output_settings.quiet == after
    assert ("--quiet host" in capsys.readouterr().err) == (after == {"rules"})
