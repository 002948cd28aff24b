"""GPUs that are pretended: a program in the place of nvidia-smi, and processes that race for its devices."""

import os
import signal
import subprocess
import sys

import pytest

from geovae.core.errors import GeovaeError
from helpers.paths import SCRIPTS
from reproduction.runtime import devices
from reproduction.runtime.devices import Device

TWO = "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa-11)\nGPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb-22)\n"
MIG = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa-11)
  MIG 3g.20gb     Device  0: (UUID: MIG-cccc-33)
  MIG 1g.5gb      Device  1: (UUID: MIG-GPU-aaaa-11/7/0)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb-22)
"""
A, B = Device("0", "GPU-a"), Device("1", "GPU-b")


@pytest.fixture(autouse=True)
def locks(tmp_path, monkeypatch):
    """No device but those of a test, and a folder of its own for the locks."""
    folder = tmp_path / "locks"
    folder.mkdir()
    monkeypatch.setenv(devices.FOLDER_VARIABLE, str(folder))
    monkeypatch.delenv(devices.SHARE_VARIABLE, raising=False)
    for variable in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        monkeypatch.setenv(variable, "")  # so that what the code sets is taken back
        monkeypatch.delenv(variable)
    monkeypatch.setattr(devices, "_PROC", tmp_path / "proc")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(devices, "_bound", None)
    yield folder
    devices.unbind()


@pytest.fixture
def listing(tmp_path):
    """Writes a program nvidia-smi with this output and exit status."""

    def write(text, status=0):
        program = tmp_path / "nvidia-smi"
        program.write_text(f'#!/bin/sh\n[ "$*" = -L ] || exit 9\ncase 1 in 1) echo "{text}";; esac\nexit {status}\n')
        program.chmod(0o755)

    return write


def test_without_a_driver_there_is_none():
    assert devices.visible_devices() == []


def test_all_that_are_listed_are_visible(listing):
    listing(TWO)
    assert devices.visible_devices() == [Device("GPU-aaaa-11", "GPU-aaaa-11"), Device("GPU-bbbb-22", "GPU-bbbb-22")]


def test_the_parts_of_a_gpu_stand_for_it(listing):
    listing(MIG)
    found = [device.selector for device in devices.visible_devices()]
    assert found == ["MIG-cccc-33", "MIG-GPU-aaaa-11/7/0", "GPU-bbbb-22"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("1", [("1", "GPU-bbbb-22")]),
        (" 1 , 0", [("1", "GPU-bbbb-22"), ("0", "GPU-aaaa-11")]),
        ("0,-1,1", [("0", "GPU-aaaa-11")]),
        ("1,2,0", [("1", "GPU-bbbb-22")]),  # there is no third
        ("0,1,0", []),
        ("GPU-b", [("GPU-b", "GPU-bbbb-22")]),
        ("GPU-b,GPU-x,GPU-a", [("GPU-b", "GPU-bbbb-22")]),
        ("MIG-c", [("MIG-c", "MIG-cccc-33")]),
        ("MIG-GPU-bbbb-22/1/0", [("MIG-GPU-bbbb-22/1/0", "MIG-GPU-bbbb-22/1/0")]),
        ("MIG-GPU-aaaa-11/7/0", [("MIG-GPU-aaaa-11/7/0", "MIG-GPU-aaaa-11/7/0")]),
    ],
)
def test_a_selection_is_read_as_cuda_reads_it(listing, monkeypatch, selection, expected):
    listing(MIG)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", selection)
    assert devices.visible_devices() == [Device(*pair) for pair in expected]


def test_a_selection_is_believed_where_nothing_lists_devices(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,3")
    assert devices.visible_devices() == [Device("0", "0"), Device("3", "3")]


def test_two_cluster_jobs_with_their_own_device_0_lock_different_ones(listing, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    listing(TWO)
    (first,) = devices.visible_devices()
    listing(TWO.splitlines()[1].replace("GPU 1", "GPU 0"))
    (second,) = devices.visible_devices()
    assert first.selector == second.selector == "0"
    assert first.identity != second.identity


@pytest.mark.parametrize("status", [0, 9])
def test_the_driver_is_asked_where_its_program_fails(listing, tmp_path, status):
    if status:
        listing(TWO, status)  # what a failing program prints does not count
    for bus, uuid in (("0000:af:00.0", "GPU-????????-????"), ("0000:3b:00.0", "GPU-aaaa-11")):
        folder = tmp_path / "proc" / bus
        folder.mkdir(parents=True)
        (folder / "information").write_text(
            f"Model: \t\t A100\nIRQ:   \t\t 31\nGPU UUID: \t {uuid}\nBus Type: \t PCIe\n"
        )
    assert devices.visible_devices() == [Device("0", "GPU-aaaa-11"), Device("1", "GPU-0000:af:00.0")]


def test_claims_spread_over_the_devices_and_end_at_the_share():
    claims = [devices.try_claim([A, B], share=2) for _ in range(4)]
    assert [claim.device for claim in claims] == [A, B, A, B]
    assert devices.try_claim([A, B], share=2) is None
    claims[1].release()
    claims[3].release()
    claims[0].release()
    # One job is on A and none on B.
    assert devices.try_claim([A, B], share=2).device == B
    claims[2].release()
    claims[2].release()


def test_a_job_that_wants_a_device_alone_is_not_joined():
    alone = devices.try_claim([A], share=1)
    assert devices.try_claim([A], share=3) is None
    alone.release()
    shared = devices.try_claim([A], share=3)
    assert devices.try_claim([A], share=1) is None
    assert devices.try_claim([A], share=2).device == A
    assert devices.try_claim([A], share=3) is None
    shared.release()


def test_names_of_parts_are_names_of_files(locks):
    part, other = Device("MIG-GPU-a/7/0", "MIG-GPU-a/7/0"), Device("MIG-GPU-a/7/1", "MIG-GPU-a/7/1")
    first = devices.try_claim([part])
    assert devices.try_claim([part]) is None
    devices.try_claim([other]).release()
    first.release()
    assert {path.name.split(".")[0] for path in locks.iterdir()} == {"gate", "MIG-GPU-a_7_0", "MIG-GPU-a_7_1"}


def start(code, *arguments):
    """A Python process of its own that sees the locks of this test."""
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


RACER = """
import sys, time
from reproduction.runtime import devices
devices._POLL_SECONDS = 0.01
print("ready", flush=True)
sys.stdin.readline()
claim = devices.claim([devices.Device(name, name) for name in sys.argv[2:]], int(sys.argv[1]))
start = time.monotonic()
time.sleep(0.4)
print(claim.device.identity, start, time.monotonic())
"""


def most_at_once(intervals):
    """The largest number of intervals that hold one moment."""
    return max(sum(start <= moment < end for start, end in intervals) for moment, _ in intervals)


@pytest.mark.parametrize("share", [1, 2])
def test_racing_processes_keep_to_the_share(share):
    racers = [start(RACER, share, "GPU-a", "GPU-b") for _ in range(7)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    held = {"GPU-a": [], "GPU-b": []}
    for racer in racers:
        name, *interval = racer.communicate(timeout=60)[0].splitlines()[-1].split()
        assert racer.returncode == 0
        held[name].append(tuple(map(float, interval)))
    assert sum(map(len, held.values())) == 7
    assert {name: most_at_once(intervals) for name, intervals in held.items()} == {"GPU-a": share, "GPU-b": share}


HOLDER = """
import os, subprocess, sys, time
from reproduction.runtime import devices
claim = devices.claim([devices.Device("0", "GPU-a")])
started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
reading, writing = os.pipe()
forked = os.fork()
if forked == 0:
    os.write(writing, b".")
    time.sleep(60)
    os._exit(0)
os.read(reading, 1)
print(started.pid, forked, flush=True)
time.sleep(60)
"""


def test_a_killed_job_leaves_its_device_though_its_children_live(locks):
    holder = start(HOLDER)
    children = list(map(int, holder.stdout.readline().split()))
    try:
        assert len(children) == 2
        assert devices.try_claim([A]) is None
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=60)
        claim = devices.try_claim([A])
        assert claim.device == A
        assert sorted(path.name.split(".")[0] for path in locks.iterdir()) == ["GPU-a", "gate"]
        claim.release()
        for child in children:
            os.kill(child, 0)  # still there
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
        holder.communicate()


def test_a_job_that_waits_says_so():
    first = devices.try_claim([A])
    waiter = start(
        "from reproduction.runtime import devices; devices._POLL_SECONDS = 0.01;"
        " devices.claim([devices.Device('0', 'GPU-a')])"
    )
    assert waiter.stdout.readline() == "waiting for a GPU: other jobs compute on GPU-a\n"
    assert waiter.poll() is None
    first.release()
    assert waiter.communicate(timeout=60)[0].startswith("waited 0 s for a GPU")
    assert waiter.returncode == 0


def test_a_process_is_bound_to_one_device_once(listing, monkeypatch):
    listing(TWO)
    assert devices.bind() == devices.bind() == Device("GPU-aaaa-11", "GPU-aaaa-11")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-aaaa-11"
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    taken = devices.visible_devices()[0]
    assert devices.try_claim([taken]) is None
    devices.unbind()
    devices.try_claim([taken]).release()


def test_a_scheduler_s_word_for_a_device_is_kept(listing, monkeypatch):
    listing(TWO)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    assert devices.bind() == Device("1", "GPU-bbbb-22")
    assert (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["CUDA_DEVICE_ORDER"]) == ("1", "FASTEST_FIRST")


def test_nothing_is_bound_without_a_device():
    assert devices.bind() is None
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_the_share_of_the_environment_counts(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv(devices.SHARE_VARIABLE, "2")
    devices.bind()
    other = devices.try_claim([Device("0", "0")], share=2)
    assert devices.try_claim([Device("0", "0")], share=2) is None
    other.release()


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", ""])
def test_a_share_is_a_number(monkeypatch, text):
    monkeypatch.setenv(devices.SHARE_VARIABLE, text)
    with pytest.raises(GeovaeError, match=f"GEOVAE_GPU_SHARE = '{text}': a whole number of at least 1"):
        devices.share()


def test_all_builds_of_a_user_share_a_private_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(devices.FOLDER_VARIABLE)
    monkeypatch.setattr(devices, "_TEMPORARY", tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "locks"))
    folder = devices.lock_folder()
    assert folder == devices.lock_folder()
    assert folder.parent == tmp_path
    assert str(os.getuid()) in folder.name
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv(devices.FOLDER_VARIABLE)
    monkeypatch.setattr(devices, "_TEMPORARY", tmp_path)
    folder = devices.lock_folder()
    folder.rmdir()
    folder.symlink_to(tmp_path / "locks")
    with pytest.raises(GeovaeError, match=r"not a folder of yours.*\n.*GEOVAE_GPU_LOCKS to a folder that is"):
        devices.lock_folder()
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    with pytest.raises(GeovaeError, match="not a folder of yours"):
        devices.lock_folder()
    (tmp_path / "file").touch()
    monkeypatch.setattr(os, "getuid", lambda: user)
    monkeypatch.setenv(devices.FOLDER_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(GeovaeError, match="file: not a folder of yours"):
        devices.lock_folder()
