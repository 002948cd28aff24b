"""What a script does first and last."""

import argparse
import os

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from reproduction.runtime import devices, job
from reproduction.runtime.devices import Device


def start(main, *argv):
    job.run(main, job.parser("a script"), list(argv))


def test_threads_reach_the_environment_before_the_work_starts(monkeypatch):
    for variable in job.THREAD_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    seen = {}
    start(lambda options: seen.update(os.environ), "--threads", "3")
    assert {seen[variable] for variable in job.THREAD_VARIABLES} == {"3"}


def test_torch_gets_the_threads_and_no_tf32():
    before = torch.get_num_threads()
    try:
        assert job.torch_device("cpu", 1) == torch.device("cpu")
        assert torch.get_num_threads() == 1
        assert not torch.backends.cuda.matmul.allow_tf32
    finally:
        torch.set_num_threads(before)


@pytest.fixture
def pretended(tmp_path, monkeypatch):
    """Two devices that CUDA_VISIBLE_DEVICES alone knows of."""
    (tmp_path / "locks").mkdir()
    monkeypatch.setenv(devices.FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    monkeypatch.setattr(devices, "_cards", list)
    monkeypatch.setattr(devices, "_bound", None)
    yield [Device("4", "4"), Device("6", "6")]
    devices.unbind()


def asked_for(monkeypatch, available):
    """What CUDA would have been told to see when torch is first asked for it."""
    seen = []

    def is_available():
        seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
        return available

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    return seen


def test_a_missing_gpu_is_said(pretended, monkeypatch):
    asked_for(monkeypatch, False)
    with pytest.raises(GeovaeError, match=r"device: cuda was asked for.*Set `device: cpu`"):
        job.torch_device("cuda", 1)
    # The places are free again.
    assert [devices.try_claim(pretended) is None for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_a_job_takes_a_device_before_torch_is_asked(pretended, monkeypatch, capsys, name):
    first = devices.try_claim(pretended)
    seen = asked_for(monkeypatch, True)
    assert job.torch_device(name, 1, deterministic=False) == torch.device("cuda")
    assert seen == ["6"]
    assert capsys.readouterr().out == "computing on 6\n"
    assert devices.try_claim(pretended) is None
    first.release()


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_a_job_on_the_cpu_takes_no_device(pretended, monkeypatch, name):
    asked_for(monkeypatch, False)
    assert job.torch_device(name, 1) == torch.device("cpu")
    assert [devices.try_claim(pretended) is None for _ in range(3)] == [False, False, True]


FULL = """\
CUDA out of memory. Tried to allocate 2.26 GiB. GPU 0 has a total capacity of 23.65 GiB of which 11.06 MiB is free. \
Including non-PyTorch memory, this process has 21.60 GiB memory in use. Of the allocated memory 20.90 GiB is allocated \
by PyTorch, and 194.87 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try \
setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation."""
NEED = "2.26 GiB more were needed, 11.06 MiB of 23.65 GiB were free; this job holds 21.60 GiB"


def end_of(error, **keys):
    def fail(options):
        raise error

    with pytest.raises(SystemExit) as caught:
        job.run(fail, job.parser("a script"), [], **keys)
    return caught.value.code


@pytest.mark.parametrize(
    ("share", "keys", "advice"),
    [
        ("1", {"gpu_keys": "a.b or c"}, "Lower a.b or c, or set device: cpu."),
        ("3", {"gpu_keys": "a.b"}, "Lower a.b, set gpu_share: 1 (now 3), or set device: cpu."),
        ("1", {"memory_keys": "n"}, "End what else runs on it, or set device: cpu."),
    ],
)
@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, torch.cuda.OutOfMemoryError])
def test_a_full_device_ends_with_what_was_needed_and_what_to_lower(monkeypatch, kind, share, keys, advice):
    monkeypatch.setenv(devices.SHARE_VARIABLE, share)
    assert end_of(kind(FULL), **keys) == f"error: out of memory on the GPU: {NEED}.\n{advice}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CUDA error: out of memory\nCUDA kernel errors might be reported later.", "CUDA error: out of memory"),
        ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        (FULL.partition(" of which")[0], FULL.partition(" of which")[0]),
    ],
)
def test_a_full_device_without_amounts_is_said_in_its_words(text, said):
    error = torch.OutOfMemoryError(text) if text.startswith("CUDA out") else RuntimeError(text)
    assert end_of(error).startswith(f"error: out of memory on the GPU: {said}.\nEnd what else runs on it")


def test_full_main_memory_is_said():
    with pytest.raises(
        SystemExit, match=r"error: out of memory: Unable to allocate .* for an array with shape"
    ) as caught:
        job.run(lambda options: np.ones(2**55), job.parser("a script"), [], memory_keys="n_samples")
    assert caught.value.code.endswith(".\nLower n_samples, or run fewer jobs at a time (--cores).")
    with pytest.raises(SystemExit, match=r"error: out of memory: .*you tried to allocate \d+ bytes.*\nLower width, or"):
        job.run(lambda options: torch.empty(2**52), job.parser("a script"), [], gpu_keys="width")
    assert (
        end_of(MemoryError()) == "error: out of memory: the system gives no more.\nRun fewer jobs at a time (--cores)."
    )


def test_any_other_runtime_error_is_a_defect():
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes"):
        start(lambda options: torch.ones(2) @ torch.ones(3, 1))


def test_a_users_mistake_ends_the_script_without_a_traceback(tmp_path):
    def fail(options):
        raise GeovaeError("k = 9: too many")

    with pytest.raises(SystemExit, match="error: k = 9: too many"):
        start(fail)
    with pytest.raises(SystemExit, match=r"error: .*missing/x: No such file or directory\. Check the folder"):
        start(lambda options: (tmp_path / "missing" / "x").write_text(""))


def test_a_defect_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        start(lambda options: 1 / 0)


def test_settings_are_a_json_object():
    assert job.settings('{"k": 3}') == {"k": 3}
    with pytest.raises(ValueError, match="JSON object"):
        job.settings("[1]")


def test_named_paths():
    assert job.named_path("test=a/b=c.npz") == ("test", "a/b=c.npz")
    for text in ("test", "=a", "test=", ""):
        with pytest.raises(argparse.ArgumentTypeError, match=f"NAME=PATH is expected, not '{text}'"):
            job.named_path(text)


def test_named_paths_that_are_each_given_once():
    assert list(job.each_once("--reference", [("b", "1"), ("a", "2")], ("a", "b")).items()) == [("a", "2"), ("b", "1")]
    for given in ([("a", "1")], [("a", "1"), ("b", "2"), ("b", "3")], [("a", "1"), ("c", "2")]):
        with pytest.raises(GeovaeError, match=r"^--reference: give it once for each of a, b\.$"):
            job.each_once("--reference", given, ("a", "b"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--threads", "0"], "error: --threads 0: it must be a whole number from 1 to 1024."),
        (["--threads", "-3"], "error: --threads -3: it must be"),
        (["--threads", "100000"], "error: --threads 100000: it must be"),
        (["--n-points", "-1"], "error: --n-points -1: it must be a whole number from 0 to 1000000000."),
        (["--n-points", "9" * 300], f"error: --n-points {'9' * 30}: it must be"),
    ],
)
def test_numbers_that_no_job_can_have_end_it_before_it_starts(words, message):
    parser = job.parser("a job")
    parser.add_argument("--n-points", type=int, default=1)
    started = []
    with pytest.raises(SystemExit) as caught:
        job.run(started.append, parser, words)
    assert str(caught.value).startswith(message)
    assert started == []


@pytest.mark.parametrize("text", ['{"lr": NaN}', '{"lr": Infinity}', '{"lr": -Infinity}', "[1]", "{"])
def test_settings_are_an_object_of_finite_numbers(text):
    with pytest.raises(ValueError, match=r"is no number|a JSON object is expected|Expecting"):
        job.settings(text)
