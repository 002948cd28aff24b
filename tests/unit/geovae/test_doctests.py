"""Every public name has an example in its docstring, and the examples give what they say."""

import doctest

import pytest

import geovae


@pytest.mark.parametrize("name", geovae.__all__)
def test_the_example_of_a_public_name_gives_what_it_says(name):
    found = doctest.DocTestFinder().find(getattr(geovae, name), name, globs={})
    with_examples = [test for test in found if test.examples]
    assert with_examples, f"{name} has no example"
    for test in with_examples:
        assert any(example.want for example in test.examples), f"{test.name} shows no value"
        said = []
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
        assert not said, "".join(said)
