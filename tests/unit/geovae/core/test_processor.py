"""What is read from the system's description of the processor."""

import pytest

from geovae.core import processor

TWO_INTEL = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R): made up
flags\t\t: fpu sse2 amx_bf16
power management:

processor\t: 1
model name\t: another
flags\t\t: fpu
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd bf16\n"


@pytest.fixture
def describe(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "_CPU_INFO", tmp_path / "cpuinfo")
    return (tmp_path / "cpuinfo").write_text


def test_facts_are_those_of_the_first_processor(describe):
    describe(TWO_INTEL)
    facts = processor.cpu_facts()
    assert facts["processor"] == "0"
    assert facts["model name"] == "Intel(R) Xeon(R): made up"
    assert facts["power management"] == ""
    assert processor.cpu_flags() == {"fpu", "sse2", "amx_bf16"}


def test_an_arm_processor_calls_its_flags_features(describe):
    describe(ARM)
    assert processor.cpu_flags() == {"fp", "asimd", "bf16"}


def test_a_system_that_tells_nothing_has_no_facts(describe):
    assert processor.cpu_facts() == {}
    assert processor.cpu_flags() == set()
