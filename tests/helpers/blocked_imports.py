"""A process that can import nothing but the standard library and what some packages need."""

import re
import sys
from importlib import metadata

from helpers.paths import ROOT

# The code is put before what the process is to run. `open_to` are the top-level names that it may import; of the
# standard library all but `closed_to`. What is not there at all fails as it always does.
_GATE = """
import sys

class _Gate:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {closed_to!r} or top not in {open_to!r} and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named {{top!r}} (the test lets it not be imported)", name=top)

for _name in {closed_to!r}:
    sys.modules.pop(_name, None)
sys.meta_path.insert(0, _Gate())
"""


def gate(packages: set[str], closed_to: set[str], own: set[str]) -> str:
    """Python code after which only these can be imported: what the distributions `packages` need, and `own` names."""
    return _GATE.format(open_to=own | _top_level_names(needed(packages)), closed_to=closed_to)


def without_others(packages: set[str]) -> str:
    """Python code after which all else that is installed is as if it were not, also to who asks before he imports.

    The project itself stays, which is installed too where somebody asked pip for it in this folder.
    """
    own = {path.stem for path in (ROOT / "workflow_scripts").iterdir()}
    kept = own | _top_level_names(needed(packages)) | set(sys.stdlib_module_names)
    others = sorted(set(metadata.packages_distributions()) - kept)
    return f"import sys\nsys.modules.update(dict.fromkeys({others!r}))\n"


def needed(packages: set[str]) -> set[str]:
    """The distributions named, and all that they need, as far as they are installed here."""
    found, waiting = set(), {_normal(name) for name in packages}
    while waiting:
        name = waiting.pop()
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # of another platform
            continue
        found.add(name)
        plain = [line for line in requirements if "extra ==" not in line]
        waiting |= {_normal(re.match(r"[\w.-]+", line)[0]) for line in plain} - found
    return found


def _top_level_names(distributions: set[str]) -> set[str]:
    places = metadata.packages_distributions()
    return {name for name, owners in places.items() if {_normal(owner) for owner in owners} & distributions}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
