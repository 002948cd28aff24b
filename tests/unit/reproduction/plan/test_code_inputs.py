"""What is read from import statements is what Python imports."""

from pathlib import Path

import pytest

from reproduction.plan.code_inputs import PLUMBING, SCRIPTS, modules_behind


def test_a_variant_stands_on_its_base_and_on_the_losses():
    assert modules_behind("geovae/models/rae_gp.py") == tuple(
        f"geovae/models/{name}.py" for name in ("base", "losses", "rae", "rae_gp")
    )
    assert modules_behind("geovae/models/ae.py") == tuple(
        f"geovae/models/{name}.py" for name in ("ae", "base", "losses")
    )


def test_modules_are_found_through_others():
    assert "geovae/geometry/centroids.py" in modules_behind("geovae/sampling/manifold.py")


@pytest.mark.parametrize("path", sorted(str(path.relative_to(SCRIPTS)) for path in SCRIPTS.rglob("*.py")))
def test_every_path_is_a_file_and_no_plumbing(path):
    for found in modules_behind(path):
        assert (SCRIPTS / found).is_file()
        assert found == path or Path(found).stem not in PLUMBING
