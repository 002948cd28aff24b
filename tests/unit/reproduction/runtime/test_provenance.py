"""The commit that results are said to be of."""

import shutil
import subprocess

import pytest

from geovae.core.errors import GeovaeError
from reproduction.runtime import provenance


@pytest.fixture
def untracked(tmp_path, monkeypatch):
    """The module in a folder that is no repository."""
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.mark.parametrize("told", ["c" * 40, f"{'c' * 40}-dirty", "v1.2", "unknown"])
def test_outside_a_repository_the_environment_says_the_commit(untracked, monkeypatch, told):
    monkeypatch.setenv(provenance.COMMIT_VARIABLE, told)
    assert provenance.commit() == told


def test_without_either_it_is_unknown(untracked, monkeypatch):
    for value in (None, ""):
        monkeypatch.delenv(provenance.COMMIT_VARIABLE, raising=False)
        if value is not None:
            monkeypatch.setenv(provenance.COMMIT_VARIABLE, value)
        assert provenance.commit() == "unknown"


@pytest.mark.parametrize("told", ["<b>x</b>", "a|b", "a\nb", "$(id)", "a b", "ü", "a" * 101, "\udcff"])
def test_what_is_no_commit_is_refused(untracked, monkeypatch, told):
    monkeypatch.setenv(provenance.COMMIT_VARIABLE, told)
    with pytest.raises(GeovaeError, match=r"^GEOVAE_COMMIT = .*: a commit is expected"):
        provenance.commit()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_changed_file_whose_name_is_no_utf8_is_a_change(tmp_path, monkeypatch):
    odd = tmp_path / "caf\udce9.txt"
    for path in (odd, tmp_path / "provenance.py"):
        path.write_text("1")
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b")
    for arguments in (("init", "-q"), ("config", "core.quotePath", "false"), ("add", "."), ("commit", "-qm", "a")):
        subprocess.run((*git, *arguments), check=True)
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    assert len(provenance.commit()) == 40
    odd.write_text("2")
    assert provenance.commit().endswith("-dirty")
