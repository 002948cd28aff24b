"""What the system says of the processor."""

from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


def cpu_facts() -> dict[str, str]:
    """The first processor's facts by the system's own names (`model name`, `flags`); empty where it tells none."""
    if not _CPU_INFO.is_file():
        return {}
    first = _CPU_INFO.read_text(encoding="utf-8", errors="replace").strip().partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, separator, value in pairs if separator}


def cpu_flags() -> set[str]:
    """The instruction sets that the processor announces; empty where the system does not tell."""
    facts = cpu_facts()
    return set(facts.get("flags", facts.get("Features", "")).split())
