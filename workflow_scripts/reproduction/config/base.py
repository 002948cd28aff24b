"""What the sections of the config share: their base class, and the types of keys that several of them have."""

import os
import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# The models of Table 1's rows, in its order.
Table1Model = Literal["ae", "wae", "vae", "vamp", "hvae", "rhvae", "rae_gp", "rae_l2", "rae_sn", "rae"]
ALL_MODELS = list(get_args(Table1Model))
# The models of Table 3's rows, and those of Table 6.
SearchedModel = Literal["ae", "wae", "vae", "vamp", "vae_nf", "vae_iaf", "rae_gp", "rae_l2"]
PluggedModel = Literal["vamp", "iwae", "aae", "vaegan"]
NetName = Literal["conv", "mlp", "resnet", "infogan", "wae"]
Split = Literal["validation", "test"]

CLASS_PATTERN = r"[A-Za-z0-9_-]+"
SUBSET_PATTERN = rf"full|n[1-9][0-9]*|class-{CLASS_PATTERN}(?:\.n[1-9][0-9]*)?"


def _matching(pattern: str, allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"allowed: {allowed}")
        return value

    return AfterValidator(check)


def _expanded(value: str) -> str:
    """A path with the home folder in the place of a leading `~`, or of `~name`."""
    if not value.strip() or "\0" in value:
        raise ValueError("the path of a file or folder is expected; `.` is the working directory")
    expanded = os.path.expanduser(value)
    if value.startswith("~") and expanded == value:
        raise ValueError(f"no home folder is known for {value.partition('/')[0]}; `./~` is a folder of that name")
    return expanded


# Of what lies outside of the clone. All else of a path is left as it is written.
PathText = Annotated[str, AfterValidator(_expanded)]
Subset = Annotated[
    str, _matching(SUBSET_PATTERN, "full, nNUMBER (for example n1000), class-NAME or class-NAME.nNUMBER")
]
# A class names a folder of results.
ClassName = Annotated[str, _matching(CLASS_PATTERN, "letters, digits, _ and -; give the class such a name in the data")]
# What Figures 4 and 11 compare: subsets that have a size.
SizedSubset = Annotated[str, _matching(r"full|n[1-9][0-9]*", "full or nNUMBER (for example n1000)")]
Seeds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
RowModels = Annotated[list[Table1Model], Field(min_length=1)]


class Closed(BaseModel):
    """A section of the config: unknown keys are errors, and no value is converted from another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def section_of(annotation: object) -> type[Closed] | None:
    """The section that a key of this type holds, if it holds one."""
    candidates = (annotation, *get_args(annotation))
    return next((part for part in candidates if isinstance(part, type) and issubclass(part, Closed)), None)
