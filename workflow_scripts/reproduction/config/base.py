"""What the sections of the config share: their base class, and the types of keys that several of them have."""

import os
import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from geovae.data.raw_files.remote import is_address

# The models of Table 1's rows, in its order.
Table1Model = Literal["ae", "wae", "vae", "vamp", "hvae", "rhvae", "rae_gp", "rae_l2", "rae_sn", "rae"]
ALL_MODELS = list(get_args(Table1Model))
# The models of Table 3's rows, and those of Table 6.
SearchedModel = Literal["ae", "wae", "vae", "vamp", "vae_nf", "vae_iaf", "rae_gp", "rae_l2"]
PluggedModel = Literal["vamp", "iwae", "aae", "vaegan"]
NetName = Literal["conv", "mlp", "resnet", "infogan", "wae"]
Split = Literal["validation", "test"]

CLASS_PATTERN = r"[A-Za-z0-9_-]{1,64}"
_OF_SIZE = r"n[1-9][0-9]{0,8}"
SUBSET_PATTERN = rf"full|{_OF_SIZE}|class-{CLASS_PATTERN}(?:\.{_OF_SIZE})?"


def subset_parts(subset: str) -> tuple[str | None, int | None]:
    """The class and the number of images in a subset's name, which has the form of `SUBSET_PATTERN`.

    Examples:
        >>> from reproduction.config.base import subset_parts
        >>> [subset_parts(name) for name in ("full", "n500", "class-ring", "class-ring.n100")]
        [(None, None), (None, 500), ('ring', None), ('ring', 100)]
    """
    found = re.fullmatch(rf"(?:class-(?P<name>{CLASS_PATTERN}))?\.?(?:n(?P<size>[0-9]+))?", subset)
    return (found["name"], int(found["size"]) if found["size"] else None) if found else (None, None)


def _matching(pattern: str, allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"allowed: {allowed}")
        return value

    return AfterValidator(check)


def _distinct(values: list) -> list:
    again = [value for index, value in enumerate(values) if value in values[:index]]
    if again:
        raise ValueError(f"{again[0]!r} is given twice")
    return values


# Of a list whose elements differ.
DISTINCT = AfterValidator(_distinct)


def _path_text(value: str) -> str:
    """A path or URL that commands, patterns of files and the system can take.

    Braces are wildcards to Snakemake, a name has at most 255 bytes on the usual file systems and a path 4,095.
    """
    if any(mark in value for mark in "{}"):
        raise ValueError("should have no braces, which are wildcards to Snakemake")
    if not value.isprintable():
        raise ValueError("should have no control characters and be Unicode text")
    if max(len(part.encode()) for part in value.split("/")) > 255 or len(value.encode()) > 4000:
        raise ValueError("should have names of at most 255 bytes, and 4000 in all")
    return value


def _expanded(value: str) -> str:
    """A path with the home folder in the place of a leading `~`, or of `~name`."""
    if not value.strip():
        raise ValueError("the path of a file or folder is expected; `.` is the working directory")
    expanded = os.path.expanduser(value)
    if value.startswith("~") and expanded == value:
        raise ValueError(f"no home folder is known for {value.partition('/')[0]}; `./~` is a folder of that name")
    return expanded


UrlText = Annotated[str, Field(max_length=4000), AfterValidator(_path_text)]


def _address(value: str) -> str:
    if not is_address(value):
        raise ValueError("should begin with http:// or https:// and a host, without blanks")
    return value


Address = Annotated[UrlText, AfterValidator(_address)]
# Of what lies outside of the clone. All else of a path is left as it is written.
PathText = Annotated[UrlText, AfterValidator(_expanded)]


def _folder_or_bucket(value: str) -> str:
    if "://" in value and not re.fullmatch(r"s3://[^/\s]+(/\S*)?", value):
        raise ValueError("should be a folder, or s3://BUCKET/PREFIX without blanks")
    return value


ResumeDir = Annotated[PathText, AfterValidator(_folder_or_bucket)]
Subset = Annotated[
    str, _matching(SUBSET_PATTERN, "full, nNUMBER (for example n1000), class-NAME or class-NAME.nNUMBER")
]
# A class names a folder of results.
ClassName = Annotated[str, _matching(CLASS_PATTERN, "letters, digits, _ and -; give the class such a name in the data")]
# What Figures 4 and 11 compare: subsets that have a size.
SizedSubset = Annotated[str, _matching(rf"full|{_OF_SIZE}", "full or nNUMBER (for example n1000)")]
SubsetOfSize = Annotated[str, _matching(_OF_SIZE, "nNUMBER (for example n1000)")]
Seed = Annotated[int, Field(ge=0, le=999_999_999)]
Seeds = Annotated[list[Seed], Field(min_length=1, max_length=1000), DISTINCT]
RowModels = Annotated[list[Table1Model], Field(min_length=1), DISTINCT]


class Closed(BaseModel):
    """A section of the config: unknown keys are errors, and no value is converted from another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def section_of(annotation: object) -> type[Closed] | None:
    """The section that a key of this type holds, if it holds one."""
    candidates = (annotation, *get_args(annotation))
    return next((part for part in candidates if isinstance(part, type) and issubclass(part, Closed)), None)
