"""What the tests of downloads share: a server, a store, files to ask for, and the check of a refusal."""

import hashlib

import pytest

from geovae.core.errors import GeovaeError
from geovae.data.raw_files.download import Store
from geovae.data.raw_files.remote import RemoteFile
from helpers.file_server import file_server

PAGE = "http://example.org/page"
BODY = bytes(range(256)) * 40
PATH = "set/raw/data.bin"


@pytest.fixture
def server():
    with file_server() as running:
        yield running


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


def make_store(folder, **options):
    defaults = {"pause": 0.001, "connect_timeout": 0.5, "read_timeout": 5.0, "progress": False}
    return Store(folder / "data", **defaults | options)


def md5(body):
    return f"md5:{hashlib.md5(body).hexdigest()}"


def wanted(*urls, body=BODY, path=PATH, **fields):
    return RemoteFile(**{"path": path, "urls": urls, "checksum": md5(body), "page": PAGE} | fields)


def below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def refused(store, file, *matches):
    """The message, after a check that there is nothing under the final name."""
    with pytest.raises(GeovaeError) as error:
        store.obtain(file)
    assert not (store.data_dir / file.path).exists()
    for match in matches:
        assert match in str(error.value)
    return str(error.value)
