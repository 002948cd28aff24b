"""What is read from import statements is what Python imports."""

import ast
import hashlib
from pathlib import Path

import pytest

from helpers.paths import SCRIPTS
from reproduction.plan import code
from reproduction.plan.code import NAMES, PLUMBING, checksums, code_of, is_left_out, modules_behind, modules_of


def test_a_variant_stands_on_its_base_and_on_the_losses():
    assert modules_behind("geovae/models/rae_gp.py") == {
        f"geovae/models/{name}.py" for name in ("base", "losses", "rae", "rae_gp")
    }
    assert modules_behind("geovae/models/ae.py") == {f"geovae/models/{name}.py" for name in ("ae", "base", "losses")}


def test_modules_are_found_through_others():
    assert "geovae/geometry/centroids.py" in modules_behind("geovae/sampling/manifold.py")


def test_a_training_is_made_of_its_own_model_and_net():
    found = modules_of("train_model.py", "geovae.models.ae:AE", "geovae.nets.mlp")
    assert found[0] == "train_model.py"
    assert {"geovae/models/ae.py", "geovae/nets/mlp.py", "geovae/training/loop.py"} < set(found)
    assert not {"geovae/models/vae.py", "geovae/nets/conv.py", "geovae/models/coding.py"} & set(found)


def test_each_module_stands_with_a_checksum_of_its_content():
    found = dict(entry.split() for entry in code_of("render_history.py"))
    assert tuple(found) == modules_of("render_history.py")
    content = (SCRIPTS / "render_history.py").read_bytes()
    assert found["render_history.py"] == hashlib.sha256(content).hexdigest()[:12]


@pytest.mark.parametrize(
    ("script", "module"),
    [
        ("embed_latents.py", "geovae/models/coding.py"),
        ("draw_samples.py", "geovae/models/coding.py"),
        ("draw_samples.py", "geovae/sampling/inputs.py"),
        ("draw_samples.py", "geovae/nets/build.py"),
        ("trace_geodesics.py", "geovae/sampling/inputs.py"),
        ("show_centroids.py", "geovae/geometry/metric.py"),
        ("find_neighbours.py", "geovae/evaluation/features.py"),
        ("render_figure.py", "reproduction/rendering/style.py"),
    ],
)
def test_what_a_script_computes_with_is_found_in_its_own_imports(script, module):
    assert module in modules_of(script)


def test_imports_of_every_form_count(tmp_path, monkeypatch):
    monkeypatch.setattr(code, "SCRIPTS", tmp_path)
    for name in ("modules_of", "_files", "modules_behind", "is_left_out", "_imported", "_tree"):
        monkeypatch.setattr(code, name, getattr(code, name).__wrapped__)
    contents = {
        "script.py": "import geovae.a\ndef main():\n    from geovae.pack import b\n    import geovae.core.storage\n",
        "geovae/a.py": "if True:\n    from geovae.pack.c import thing as other\n",
        "geovae/pack/__init__.py": '"""Only words."""\n',
        "geovae/pack/b.py": "import numpy\nif typing.TYPE_CHECKING:\n    from geovae import f\n",
        "geovae/pack/c.py": "from geovae.busy import d\nfrom .. import g\nfrom .h import thing\n",
        "geovae/pack/h.py": "x = 1\n",
        "geovae/busy/__init__.py": "from geovae.busy.e import thing\n",
        "geovae/busy/d.py": "x = 1\n",
        "geovae/busy/e.py": "x = 1\n",
        "geovae/core/storage.py": "x = 1\n",
        "geovae/f.py": "x = 1\n",
        "geovae/g.py": "x = 1\n",
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    expected = ["script.py", "geovae/a.py", *(f"geovae/busy/{name}.py" for name in ("__init__", "d", "e"))]
    expected += ["geovae/g.py", "geovae/pack/b.py", "geovae/pack/c.py", "geovae/pack/h.py"]
    assert list(code.modules_of("script.py")) == expected
    assert list(code.modules_of("script.py", "geovae.f:Thing")) == [
        "script.py",
        *sorted([*expected[1:], "geovae/f.py"]),
    ]


@pytest.mark.parametrize("path", sorted(str(path.relative_to(SCRIPTS)) for path in SCRIPTS.rglob("*.py")))
def test_every_path_is_a_file_and_no_plumbing(path):
    for found in modules_behind(path):
        assert (SCRIPTS / found).is_file()
        assert not is_left_out(found)


def test_what_is_left_out_is_there():
    assert all((SCRIPTS / name).is_file() for name in NAMES)
    assert all(list((SCRIPTS / folder).glob("*.py")) for folder in PLUMBING)
    assert {Path(name).name for name in NAMES} == {"__init__.py", "modules.py", "table.py"}


def test_no_job_takes_a_public_name_from_the_library_itself():
    """`geovae` imports what is behind such a name when it is used, which no import statement says."""
    taken = set()
    for path in SCRIPTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "geovae":
                taken |= {alias.name for alias in node.names}
    packages = {path.parent.name for path in (SCRIPTS / "geovae").glob("*/__init__.py")}
    assert taken - packages <= {"__version__"}


def test_a_file_of_the_users_own_is_named_with_its_checksum_or_as_missing(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")  # whose SHA-256 is a test vector of the standard
    found = checksums([f"{tmp_path}/a", f"{tmp_path}/b"])
    assert found == [f"{tmp_path}/a ba7816bf8f01", f"{tmp_path}/b missing"]
