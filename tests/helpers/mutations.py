"""Damage to files, drawn by hypothesis: flipped bits, other bytes, missing and repeated parts."""

from hypothesis import strategies as st

HEADER = 600  # bytes in which half of the damage is done: most files here say what they are there
ODD_BYTES = [
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\x01",
    b"\xff" * 4,
    b"\0" * 8,
    b"\x7f\xf8" + bytes(6),
    b"\n",
    b'"',
    b",",
]


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """`content` with one to four pieces of damage."""
    for _ in range(draw(st.integers(1, 4))):
        if not content:
            break
        place = draw(st.integers(0, len(content) - 1) | st.integers(0, min(HEADER, len(content)) - 1))
        end = min(len(content), place + draw(st.integers(1, 64)))
        kind = draw(st.sampled_from(["flip", "write", "odd", "cut", "drop", "repeat", "swap"]))
        if kind == "flip":
            flipped = content[place] ^ (1 << draw(st.integers(0, 7)))
            content = content[:place] + bytes([flipped]) + content[place + 1 :]
        elif kind == "write":
            other = draw(st.binary(min_size=1, max_size=8))
            content = content[:place] + other + content[place + len(other) :]
        elif kind == "odd":
            other = draw(st.sampled_from(ODD_BYTES))
            content = content[:place] + other + content[place + len(other) :]
        elif kind == "cut":
            content = content[:place]
        elif kind == "drop":
            content = content[:place] + content[end:]
        elif kind == "repeat":
            content = content[:end] + content[place:]
        else:
            content = content[:place] + content[place:end][::-1] + content[end:]
    return content
