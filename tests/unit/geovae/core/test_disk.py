"""Whether a folder can take more: with room, without a folder, and with a limit."""

import resource

from geovae.core.disk import shortage


def test_a_folder_with_room_has_no_shortage_and_keeps_nothing(tmp_path):
    assert shortage(tmp_path, mebibytes=2) is None
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing_says_why_nothing_can_be_written(tmp_path):
    assert shortage(tmp_path / "a", mebibytes=1) == "No such file or directory"


def test_a_limit_below_what_is_wanted_is_a_shortage(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        assert shortage(tmp_path, mebibytes=1) is None
        assert shortage(tmp_path, mebibytes=2) == "File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
