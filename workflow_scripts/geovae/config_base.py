"""What the sections of the config share: their base, and the names that several of them hold."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

DatasetName = Literal["digits", "shapes", "mnist", "svhn", "cifar10", "celeba", "oasis", "folder"]
# The models of Table 1's rows, in its order.
Table1Model = Literal["ae", "wae", "vae", "vamp", "hvae", "rhvae", "rae_gp", "rae_l2", "rae_sn", "rae"]
Split = Literal["validation", "test"]

SUBSET_PATTERN = r"full|n[1-9][0-9]*|class-[A-Za-z0-9_-]+"
VARIANT_PATTERN = r"base|(?:k[0-9]+|lam[0-9.e-]+|steps[0-9]+)(?:_(?:k[0-9]+|lam[0-9.e-]+|steps[0-9]+))*"


def _matching(pattern: str, allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"allowed: {allowed}")
        return value

    return AfterValidator(check)


Subset = Annotated[str, _matching(SUBSET_PATTERN, "full, nNUMBER (for example n1000) or class-NAME")]
Variant = Annotated[
    str, _matching(VARIANT_PATTERN, "base, or k…, lam… and steps… joined by _ (for example k1000_lam0.1)")
]
Seeds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]


class Closed(BaseModel):
    """A section of the config: unknown keys are errors, and no value is converted from another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
