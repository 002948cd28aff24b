"""Planning that is faster gives what Snakemake gives: signatures, filled patterns, and dry runs of few jobs."""

from types import SimpleNamespace

import pytest
import snakemake.cli  # noqa: F401 - before its parts, which import one another
from hypothesis import given
from hypothesis import strategies as st
from snakemake import common, io, rules
from snakemake.dag import DAG
from snakemake.exceptions import WildcardError
from snakemake.jobs import Job
from snakemake.output_index import OutputIndex
from snakemake.path_modifier import PathModifier

from reproduction.config.variants import VARIANT_PATTERN
from reproduction.runtime import planning

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
    planning.remember_signatures(module)
    return module


def test_snakemake_still_has_what_is_replaced():
    assert callable(common.get_function_params)
    assert callable(rules.get_function_params)
    assert callable(io.apply_wildcards)
    assert callable(OutputIndex.match_producers)
    assert io._IOFile.apply_wildcards.__globals__ is vars(io)  # so that paths are filled by the module's function
    assert io._IOFile.check.__globals__ is io._IOFile.is_storage.fget.__globals__ is vars(io)
    assert callable(io.is_flagged)
    assert callable(io.check)
    assert callable(PathModifier.modify)
    assert isinstance(Job.conda_env_spec, property)
    assert callable(DAG.check_directory_outputs)


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
    planning.remember_signatures(signatures)
    assert signatures.get_function_params is changed


def test_a_version_without_these_functions_is_left_as_it_is():
    module = SimpleNamespace()
    planning.remember_signatures(module)
    planning.remember_patterns(module)
    planning.read_flags(module, module)
    planning.remember_checks(module)
    for change in (
        planning.remember_producers,
        planning.pass_paths,
        planning.settle_environments,
        planning.compare_outputs,
    ):
        older = type("Older", (), {})
        change(older)
        assert set(vars(older)) == set(vars(type("Older", (), {})))
    workflow = SimpleNamespace(output_settings=SimpleNamespace(dryrun=True, quiet=None))
    planning.show_numbers_of_many(workflow, {"rules"})
    assert not vars(module)
    assert not hasattr(workflow, "_build_dag")


@given(st.text(), st.sampled_from(["base", "k100_lam0.1", "", "{run}", 7]))
def test_patterns_are_filled_as_snakemake_fills_them(run, variant):
    module = copy_of(io, "apply_wildcards", "WILDCARD_REGEX")
    planning.remember_patterns(module)
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
    planning.remember_patterns(module)
    with pytest.raises(WildcardError, match="variant"):
        module.apply_wildcards(PATTERN, {"run": "a"})


class Index:
    """A stand-in for Snakemake's index, whose rules make what begins with their name."""

    def __init__(self, *rules: str) -> None:
        self.rules, self.asked = rules, []

    def match_producers(self, targetfile: str) -> set[str]:
        self.asked.append(targetfile)
        if not targetfile:
            raise ValueError("no file")
        return {rule for rule in self.rules if targetfile.startswith(rule)}


def test_the_rules_of_a_file_are_looked_for_once_in_each_index():
    index = type("Changed", (Index,), {"match_producers": Index.match_producers})
    planning.remember_producers(index)
    changed = index.match_producers
    planning.remember_producers(index)
    assert index.match_producers is changed
    train, both = index("train"), index("train", "tr")
    for _ in range(2):
        assert train.match_producers("train.npz") == {"train"}
        assert both.match_producers("train.npz") == {"train", "tr"}
        assert both.match_producers("draw") == set()
        with pytest.raises(ValueError, match="no file"):
            both.match_producers("")
    both.match_producers("train.npz").clear()
    assert both.match_producers("train.npz") == {"train", "tr"}
    assert (train.asked, both.asked) == (["train.npz"], ["train.npz", "draw", "", ""])


def flagged(value, **flags):
    result = io.AnnotatedString(value)
    result.flags.update(flags)
    return result


def test_flags_are_those_that_snakemake_reads():
    module, other = copy_of(io, "_IOFile", "AnnotatedString", "is_flagged"), copy_of(io, "is_flagged")
    original = getattr(io.is_flagged, "__wrapped__", io.is_flagged)
    module.is_flagged = other.is_flagged = original
    planning.read_flags(module, other)
    planning.read_flags(module, other)
    assert module.is_flagged is other.is_flagged is not original
    texts = ["a", flagged("a"), flagged("a", temp=True), flagged("a", temp=None, ancient=1), flagged("a", temp=False)]
    for value in [*texts, *(io.IOFile(text) for text in texts), None, 3, ["a"], lambda wildcards: "a"]:
        for flag in ("temp", "ancient", "storage_object"):
            found = module.is_flagged(value, flag)
            assert found is original(value, flag)


def test_a_path_is_checked_once_however_many_jobs_read_it():
    seen = []

    def check(iofile, rule=None, is_storage=False):
        seen.append((iofile, is_storage))
        if iofile == "bad":
            raise ValueError(iofile)

    module = SimpleNamespace(check=check)
    planning.remember_checks(module)
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

    planning.pass_paths(Modifier)
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

    planning.settle_environments(Stub)
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

    planning.compare_outputs(Graph)
    graph = Graph(outputs)
    graph.check_directory_outputs()
    assert graph.asked == suspicious


@pytest.mark.parametrize(
    ("dryrun", "quiet", "n_jobs", "after"),
    [
        (True, None, planning.MOST_PRINTED + 1, {"rules"}),
        (True, None, planning.MOST_PRINTED, None),
        (True, {"host"}, planning.MOST_PRINTED + 1, {"host"}),
        (False, None, planning.MOST_PRINTED + 1, None),
    ],
)
def test_only_a_dry_run_of_many_jobs_shows_their_numbers_alone(dryrun, quiet, n_jobs, after, capsys):
    workflow = SimpleNamespace(output_settings=SimpleNamespace(dryrun=dryrun, quiet=quiet), dag=())
    workflow._build_dag = lambda: setattr(workflow, "dag", range(n_jobs))
    planning.show_numbers_of_many(workflow, {"rules"})
    workflow._build_dag()
    assert workflow.output_settings.quiet == after
    assert ("--quiet host" in capsys.readouterr().err) == (after == {"rules"})
