"""Config files that cannot be read end in one line that names the file, in bounded time."""

import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from helpers.paths import ROOT
from reproduction.config.files import MOST_BYTES, check_command_line, check_files

LAUGHS = "a0: &a0 [lol]\n" + "".join(f"a{i}: &a{i} [{','.join(9 * [f'*a{i - 1}'])}]\n" for i in range(1, 12))
MERGES = "a0: &a0 {k: v}\n" + "".join(f"a{i}: &a{i} {{<<: [{','.join(9 * [f'*a{i - 1}'])}]}}\n" for i in range(1, 12))

ODD = [
    (b"base: default\ndata_dir: caf\xe9\n", ", line 2: this is no UTF-8 text"),
    (b"\xff\xfeb\x00", ", line 1: this is no UTF-8 text"),
    (b"base: default\nbase: paper\n", ", line 2: key 'base' is given twice"),
    (b"datasets:\n  digits:\n    net: mlp\n    net: conv\n", ", line 4: key 'net' is given twice"),
    (b"artefacts:\n  table7:\n    rows:\n    - {dataset: digits, dataset: shapes}\n", ", line 4: key 'dataset'"),
    (b"base: [unclosed\n", ", line 2: this is no YAML"),
    (b"base: default\n\tseeds: [0]\n", ", line 2: this is no YAML"),
    (b"base: *nothing\n", ", line 1: this is no YAML (found undefined alias 'nothing')"),
    (b"base: &a default\n---\nbase: paper\n", ", line 2: this is no YAML"),
    (b"base: a\x00b\n", ": this is no YAML"),
    (b"- a\n- b\n", ": a config file has keys at its top"),
    (b"", ": a config file has keys at its top"),
    (b"42\n", ": a config file has keys at its top"),
    (b"a: " + 1500 * b"[" + 1500 * b"]", ": its sections are nested too deeply"),
    (b"a: " + 60 * b"[" + 60 * b"]", ", line 1: its sections are nested too deeply"),
    (b"&a\nbase: default\ndatasets: *a\n", ", line 1: an anchor is used inside of itself"),
    (b"w: &b [*b]\n", ", line 1: an anchor is used inside of itself"),
    (LAUGHS.encode(), ", line 6: more than 100,000 values"),
    (MERGES.encode(), ", line 6: more than 100,000 values"),
    (b"base: default\n<<: 3\n", ", line 2: this is no YAML"),
    (b"base: default\n? [a]\n: 1\n", ", line 2: this is no YAML"),
    (b"base: !!python/object/apply:os.system [true]\n", ", line 1: this is no YAML"),
    (b"base: default\nseeds: 2024-99-99\n", ", line 2: '2024-99-99' is no value of YAML"),
    (b"base: default\nseeds: " + 4999 * b"9", ", line 2: '9999999999999999999999999999999999999…' is no value"),
    (b"base: default\nseeds: 1" + 2000 * b":59:59", ", line 2: a value of 12,001 characters, more than 5,000"),
    (b"base: default\n__use_yte__: true\n", ", line 2: __use_yte__ would run code"),
    (b"#" * (MOST_BYTES + 1), ": 1,048,577 bytes; a config file has at most 1,048,576"),
]


@pytest.mark.parametrize(("content", "words"), ODD)
def test_an_odd_file_is_named_in_one_line(tmp_path, content, words):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(GeovaeError) as caught:
        check_files([path])
    assert str(caught.value).startswith(f"{path}{words}")
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(GeovaeError, match=r"none\.yaml: No such file"):
        check_files([tmp_path / "none.yaml"])


def test_sound_files_pass(tmp_path):
    (tmp_path / "own.yaml").write_bytes("\ufeffbase: default\nx: &a {y: 1}\nz: *a\n<<: {w: 2024-01-02}\n".encode())
    check_files([tmp_path / "own.yaml", ROOT / "config.yaml", *(ROOT / "configs").glob("*.yaml")])


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_regular_file_is_not_waited_for(tmp_path, make):
    make(tmp_path / "mine.yaml")
    with pytest.raises(GeovaeError, match=r"mine\.yaml: this is no regular file"):
        check_files([tmp_path / "mine.yaml"])


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(GeovaeError, match="embedded null byte"):
        check_files(["a\0b"])


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.dates(),
    st.text(st.characters(codec="ascii")),
)
KEYS = st.text("abcdefgh", min_size=1, max_size=5)
NESTED = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=8)


@settings(max_examples=50)
@given(content=st.dictionaries(KEYS, NESTED, min_size=1, max_size=5))
def test_whatever_yaml_writes_is_taken(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "mine.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    check_files([path])


@given(content=st.lists(st.sampled_from("a&*:!<{[]}-? \n\t'\"#|>%@`,0.~e\x00é"), max_size=60).map("".join))
def test_whatever_is_typed_is_taken_or_refused_in_a_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "typed.yaml"
    path.write_text(content, encoding="utf-8")
    refusal = _refusal(path)
    if refusal:
        assert refusal.startswith(str(path))
        assert len(refusal.splitlines()) == 1
    else:
        assert isinstance(yaml.safe_load(content), dict)


def _refusal(path):
    try:
        return check_files([path])
    except GeovaeError as error:
        return str(error)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cores", "1", "--configfile", "sound.yaml", "odd.yaml", "-n"],
        ["--configfiles", "odd.yaml", "--config", "a=1"],
        ["--configfile=odd.yaml", "table1"],
        ["--configfile", "sound.yaml", "--configfile", "odd.yaml"],
    ],
)
def test_the_files_of_a_command_line_end_it_before_they_are_read(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sound.yaml").write_text("base: default\n")
    (tmp_path / "odd.yaml").write_bytes(b"\xe9")
    with pytest.raises(SystemExit, match=r"odd\.yaml, line 1: this is no UTF-8 text"):
        check_command_line(arguments)


def test_a_command_line_without_config_files_passes():
    check_command_line(["--cores", "all", "--config", "seeds=[1]", "table1", "-n"])
