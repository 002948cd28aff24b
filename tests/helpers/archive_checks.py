"""What the tests of archives share: archives made of given files, and the check of a refusal."""

import io
import tarfile
import zipfile

import pytest

from geovae.core.errors import GeovaeError
from geovae.data.raw_files.archives import unpack

CONTENTS = {"set/a.txt": b"a" * 1000, "set/deep/b.bin": bytes(range(256)) * 30, "c": b""}
FORMATS = ["x.tar", "x.tar.gz", "x.tgz", "x.zip"]


def tar_member(name, data=b"", **fields):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    return member, io.BytesIO(data)


def write_tar(path, *members):
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as content:
        for member, data in members:
            content.addfile(member, data)
    return path


def write_zip(path, contents, method=zipfile.ZIP_DEFLATED, modes=()):
    with zipfile.ZipFile(path, "w", method) as content:
        for name, data in contents.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = method
            member.external_attr = dict(modes).get(name, 0) << 16
            content.writestr(member, data)
    return path


def write(path, contents=CONTENTS):
    if path.suffix == ".zip":
        return write_zip(path, contents)
    return write_tar(path, *(tar_member(name, data) for name, data in contents.items()))


def below(folder):
    """Everything in a folder: the contents of files, None for folders."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(archive, folder, *matches, call=unpack):
    before = below(folder.parent)
    with pytest.raises(GeovaeError) as error:
        call(archive, folder)
    for match in (str(archive), *matches):
        assert match in str(error.value)
    folder_made = {folder.name} if folder.is_dir() and not any(folder.iterdir()) else set()
    assert {name: data for name, data in below(folder.parent).items() if name not in folder_made} == before
