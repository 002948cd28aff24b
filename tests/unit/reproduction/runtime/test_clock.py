"""Files of the future are waited for if they are near, and named if they are far."""

import os
import time

import pytest

from geovae.core.errors import GeovaeError
from reproduction.runtime import clock


def made(path, ahead: float):
    path.touch()
    os.utime(path, (time.time() + ahead,) * 2)
    return path


def test_files_of_the_past_and_missing_files_are_passed_by(tmp_path, capsys):
    clock.wait_for_the_past([made(tmp_path / "a", -1000), tmp_path / "missing"], tmp_path)
    assert capsys.readouterr().out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(("ahead", "said"), [(86400 * 30 + 60, "30 days"), (3600 * 5 + 60, "5 hours"), (90, "90 sec")])
def test_the_farthest_file_is_named_with_what_to_do(tmp_path, ahead, said):
    paths = [made(tmp_path / "near", 70), made(tmp_path / "far", ahead), made(tmp_path / "past", -5)]
    with pytest.raises(GeovaeError) as error:
        clock.wait_for_the_past(paths, tmp_path)
    assert str(error.value).startswith(f"{tmp_path}/far: its time is {said}")
    assert "and 1 other files are ahead too" in str(error.value)
    command = str(error.value).split("run: ")[1]
    assert os.system(f"cd {tmp_path} && {command}") == 0
    clock.wait_for_the_past(paths, tmp_path)


def test_a_file_that_is_ahead_by_less_than_a_second_is_waited_for(tmp_path, capsys):
    path = made(tmp_path / "a", 0.4)
    clock.wait_for_the_past([path], tmp_path)
    assert path.stat().st_mtime <= time.time()
    assert "waiting 0 s" in capsys.readouterr().out
