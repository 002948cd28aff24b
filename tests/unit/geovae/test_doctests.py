"""Every public name has an example in its docstring, and all examples of the library give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import geovae

LIBRARY = Path(geovae.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts)
    for path in LIBRARY.rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", geovae.__all__)
def test_a_public_name_has_an_example_that_shows_a_value(name):
    found = doctest.DocTestFinder().find(getattr(geovae, name), name, globs={})
    with_examples = [test for test in found if test.examples]
    assert with_examples, f"{name} has no example"
    for test in with_examples:
        assert any(example.want for example in test.examples), f"{test.name} shows no value"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_say(name):
    # Without the module's own names: an example imports what it uses, as its reader has to.
    found = doctest.DocTestFinder().find(importlib.import_module(name.removesuffix(".__init__")), globs={})
    with_examples = [test for test in found if test.examples]
    assert with_examples, f"the examples of {name} are in no docstring"
    for test in with_examples:
        said = []
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
        assert not said, "".join(said)


def test_every_module_of_a_public_name_is_among_them():
    assert {place.partition(":")[0] for place in geovae._PLACES.values()} <= set(MODULES)
