"""The code blocks of docs/your_vae.md, by the heading that they stand under."""

import re

from helpers.paths import ROOT


def blocks() -> dict[str, str]:
    text = (ROOT / "docs/your_vae.md").read_text(encoding="utf-8")
    sections = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)[1:]
    return {
        title: code
        for title, body in zip(sections[::2], sections[1::2], strict=True)
        for code in re.findall(r"```python\n(.*?)```", body, re.DOTALL)
    }


def run(title: str, scope: dict) -> dict:
    """Run the page's first block and then the one under `title` on the names in `scope`; what they leave."""
    first, *_ = blocks().values()
    exec(first, scope)
    exec(blocks()[title], scope)
    return scope
