"""For griffe, which reads the library's docstrings: their section "Example" is what it calls "Examples"."""

import re

import griffe


class Examples(griffe.Extension):
    """Without it the prompts of an example would be read as Markdown's quotations."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Called with each module, class, function and attribute once its members are read."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
