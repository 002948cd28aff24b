"""Names that the config lists, because it must not import torch, are those of the library's tables."""

import subprocess
import sys
from typing import get_args

from geovae.models.table import MODELS
from geovae.nets.sizes import MULTIPLES, SIZES
from geovae.nets.table import NETS
from helpers.paths import ROOT
from reproduction.config.base import ALL_MODELS, NetName, PluggedModel, SearchedModel
from reproduction.config.models import Models
from reproduction.plan.rows import PAPER_ROWS, SEARCH_ROWS


def models_of(rows) -> list[str]:
    return list(dict.fromkeys(row.model for row in rows))


def test_every_net_of_the_library_can_be_chosen():
    assert get_args(NetName) == tuple(NETS)
    assert {*SIZES, *MULTIPLES} <= set(NETS)


def test_every_model_of_the_library_has_a_section():
    assert tuple(Models.model_fields) == tuple(MODELS)


def test_models_that_a_table_can_have_are_those_of_its_rows():
    assert models_of(PAPER_ROWS) == ALL_MODELS
    assert models_of(SEARCH_ROWS) == list(get_args(SearchedModel))
    assert {*ALL_MODELS, *get_args(SearchedModel), *get_args(PluggedModel)} <= set(Models.model_fields)


def test_no_module_of_the_config_imports_torch():
    folder = ROOT / "workflow_scripts" / "reproduction" / "config"
    modules = ", ".join(f"reproduction.config.{path.stem}" for path in folder.glob("[a-z]*.py"))
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow_scripts", capture_output=True, text=True)
    assert shown.stdout.strip() == "False", shown.stderr
