"""Plans that are made faster are Snakemake's own: the same jobs, reasons and complaints, whatever the graph."""

import re

import pytest

from helpers.paths import ROOT
from helpers.snakemake_runs import output, run_command

FASTER = f"""
import sys
sys.path.insert(0, {str(ROOT / "workflow_scripts")!r})
from reproduction.runtime.planning.plan_faster import plan_faster
plan_faster(workflow)
"""
SHARED = """
rule all:
    input: "named", expand("made/{n}", n=range(3))
rule read:
    input: lambda w: ["shared/a", f"shared/{w.n}/"], same="shared/a"
    output: "made/{n}"
    shell: "touch {output}"
rule make:
    input: "seed"
    output: "shared/{x}"
    shell: "touch {output}"
rule seed:
    output: touch("seed")
"""
NAMED = """
rule named:
    input: rules.special.output
    output: "named"
    shell: "touch {output}"
"""
SPECIAL = """
rule special:
    output: "shared/a"
    shell: "touch {output}"
"""
PLAIN = """
rule named:
    input: "shared/a", "given"
    output: "named"
    shell: "touch {output}"
"""
OTHER = SPECIAL.replace("shared/a", "shared/{y,a}")
GRAPHS = {
    "shared": (SHARED + PLAIN, 0),
    "missing": (SHARED + PLAIN, 1),
    "two rules": (SHARED + OTHER + PLAIN, 1),
    "two rules in order": (SHARED + OTHER + PLAIN + "\nruleorder: special > make\n", 0),
    "a rule without wildcards": (SHARED + SPECIAL + PLAIN, 0),
    "a rule by its name": (SHARED + SPECIAL + NAMED, 0),
    "a rule by its name against the order": (SHARED + SPECIAL + NAMED + "\nruleorder: make > special\n", 1),
    "a circle": (SHARED.replace('"seed"\n    output: "shared', '"made/1"\n    output: "shared') + PLAIN, 1),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_faster_plan_is_the_same(name, tmp_path):
    rules, code = GRAPHS[name]
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/2").touch()  # an output that is there already, and older than its input
    if name != "missing":
        (tmp_path / "given").touch()
    said = []
    for before in ("", FASTER):
        (tmp_path / "Snakefile").write_text(f"{before}{rules}")
        result = run_command(tmp_path, "snakemake", "--dry-run", "--printshellcmds", PYTHONHASHSEED="0")
        assert result.returncode == code, output(result)
        text = re.sub(r"^\[.*\]$|^ +(Date|Workflow ID): .*$", "", output(result), flags=re.MULTILINE)
        said.append(sorted(re.sub(r"line \d+", "line", text).splitlines()))  # jobs come in any order
    assert said[0] == said[1]
