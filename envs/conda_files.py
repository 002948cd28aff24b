"""Writes packages into the conda files: those that stand there by name, and all that they need, as the lock has them.

python envs/conda_files.py    (`make lock` does)

Snakemake gives conda a copy of each file elsewhere, beside which `-r requirements.txt` would be looked for in vain. So
the versions stand in each file itself.
"""

import re
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).parent
FAMILIES = ("data", "train", "evaluate", "render")
DIRECT = "      # what the scripts import\n"
INDIRECT = "      # what those need\n"
_PIN = re.compile(r"^([\w.-]+)==(\S+)( ; [^\\\n]+)?", re.MULTILINE)


def read_lock(text: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """The lock's lines by package, and what each package needs, from the comments `via` of `uv pip compile`."""
    pins, needs = {}, defaultdict(set)
    for block in re.split(r"\n(?=[A-Za-z])", text):
        if match := _PIN.match(block):
            name, version, marker = match.groups()
            pins[name] = f"{name}=={version}{(marker or '').rstrip()}"
            for parent in re.findall(r"^    #(?: via)? +([\w.-]+)$", block, re.MULTILINE):
                needs[parent].add(name)
    return pins, dict(needs)


def closure(names: set[str], needs: dict[str, set[str]]) -> set[str]:
    """These packages and all that they need."""
    found, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= needs.get(name, set()) - found
    return found


def direct_names(text: str) -> list[str]:
    """The packages that a conda file says its scripts import, in order."""
    return re.findall(r"^      - ([\w.-]+)==", text.partition(DIRECT)[2].partition(INDIRECT)[0], re.MULTILINE)


def with_pins(text: str, pins: dict[str, str], needs: dict[str, set[str]]) -> str:
    """A conda file with the lock's lines for its packages and for what they need."""
    direct = direct_names(text)
    others = sorted(closure(set(direct), needs) - set(direct))
    lines = [[f"      - {pins[name]}\n" for name in names] for names in (direct, others)]
    return text.partition(DIRECT)[0] + DIRECT + "".join(lines[0]) + INDIRECT + "".join(lines[1])


def main() -> None:
    """Write the files anew."""
    pins, needs = read_lock((FOLDER / "requirements.txt").read_text(encoding="utf-8"))
    for family in FAMILIES:
        path = FOLDER / f"{family}.yaml"
        path.write_text(with_pins(path.read_text(encoding="utf-8"), pins, needs), encoding="utf-8")


if __name__ == "__main__":
    main()
