"""Config files that cannot be read end in one line that names the file."""

import pytest

from geovae.core.errors import GeovaeError
from helpers.paths import ROOT
from reproduction.config.files import check_files

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
    (b"a: " + 3000 * b"[" + 3000 * b"]", ": its sections are nested too deeply"),
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
    (tmp_path / "own.yaml").write_bytes("\ufeffbase: default\nx: &a {y: 1}\nz: *a\nw: &b [*b]\n".encode())
    check_files([tmp_path / "own.yaml", ROOT / "config.yaml", *(ROOT / "configs").glob("*.yaml")])
