"""Nothing that could run code is read from a file, but what was compared with a checksum that stands in the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.paths import SCRIPTS

# Modules that build objects, or run code, from bytes.
MODULES = {"pickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle", "imp", "code"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
# Functions that do so unless they are told not to, and the word that tells them.
TOLD = {"load": {"np": ("allow_pickle", False), "numpy": ("allow_pickle", False), "torch": ("weights_only", True)}}
NEVER = {("yaml", "load"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("os", "system"), ("os", "popen")}
NEVER |= {("pd", "read_pickle"), ("np", "fromfile"), ("torch.hub", "load"), ("torch.jit", "load")}
# torchvision's class for CIFAR10 reads pickles: one module uses it, after the checksums.
PICKLED_DATA_SETS = {"CIFAR10", "CIFAR100"}


def calls(tree: ast.AST) -> Iterator[tuple[str, str, dict]]:
    """What is called: the object, the name, and the literal keyword arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            words = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
            if isinstance(node.func, ast.Attribute):
                yield ast.unparse(node.func.value), node.func.attr, words
            elif isinstance(node.func, ast.Name):
                yield "", node.func.id, words


def faults(text: str) -> list[str]:
    """What in a module could run code that it reads."""
    tree, found = ast.parse(text), []
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        source = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        found += [name for name in (*names, *source) if name.split(".")[0] in MODULES]
    for target, name, words in calls(tree):
        key, wanted = TOLD.get(name, {}).get(target, (None, None))
        if (
            (target == "" and name in BUILTINS)
            or (target, name) in NEVER
            or (key is not None and words.get(key) is not wanted)
            or words.get("allow_pickle") is True
            or words.get("shell") is True
        ):
            found.append(f"{target}.{name}")
    return found


MODULES_HERE = sorted(SCRIPTS.rglob("*.py"))


def test_every_module_reads_data_only():
    assert len(MODULES_HERE) > 150
    found = {str(path.relative_to(SCRIPTS)): faults(path.read_text(encoding="utf-8")) for path in MODULES_HERE}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "line",
    [
        *("import pickle", "from joblib import load", "import torch.x, dill", "eval('1')", "np.load(path)"),
        *("np.load(path, allow_pickle=True)", "torch.load(path)", "torch.load(path, weights_only=False)"),
        *("yaml.load(text)", "subprocess.run(words, shell=True)", "os.system('ls')"),
    ],
)
def test_what_could_run_code_is_found(line):
    assert len(faults(line)) == 1


@pytest.mark.parametrize("line", ["np.load(p, allow_pickle=False)", "torch.load(p, weights_only=True)", "model.eval()"])
def test_what_could_not_is_passed(line):
    assert faults(line) == []


def test_torchvisions_pickles_are_read_after_their_checksums():
    def users(path: Path) -> set[str]:
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        return names & PICKLED_DATA_SETS

    assert [path.name for path in MODULES_HERE if users(path)] == ["cifar10.py"]
    from geovae.data import cifar10

    assert len(cifar10.UNPACKED) == 7
    assert all(file.checksum.startswith("md5:") for file in (*cifar10.UNPACKED, cifar10.ARCHIVE))


def test_the_weights_of_inception_are_compared_before_they_are_read():
    script = (SCRIPTS / "fetch_inception.py").read_text()
    tree = ast.parse(script)
    files = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "RemoteFile"]
    (words,) = [{word.arg: ast.unparse(word.value) for word in node.keywords} for node in files]
    assert words["checksum"] == "f'sha256:{inception.WEIGHTS_SHA256}'"
