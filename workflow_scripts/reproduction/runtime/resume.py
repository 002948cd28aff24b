"""Where a training keeps the state that it goes on from: beside its results, in a folder, or in an object store."""

import time
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.training.checkpoint import FILE_NAME, Checkpoint
from reproduction.runtime import stores

SECONDS = 60.0  # of a training that a lost pod may cost besides an epoch


def checkpoint_of(run: str, output: Path, resume_dir: str | None, key: str) -> Checkpoint:
    """The checkpoint of a training.

    Args:
        run: the key of the run.
        output: its folder of results, where the state is kept unless `resume_dir` says another place.
        resume_dir: a folder, or `s3://BUCKET/PREFIX`.
        key: fingerprint of the training; the state of another one is passed by.

    Raises:
        GeovaeError: the store cannot be opened.
    """
    if resume_dir is None:
        return Checkpoint(output / FILE_NAME, key)
    name = f"{run.replace('/', '--')}.safetensors"
    if stores.ADDRESS.fullmatch(resume_dir):
        return StoredCheckpoint(output / FILE_NAME, key, stores.opened(resume_dir), name)
    return Checkpoint(Path(resume_dir) / name, key)


class StoredCheckpoint(Checkpoint):
    """A checkpoint with a copy in an object store, which is renewed after an epoch, but not more than once a minute.

    A store that fails costs the copy, never the training: the log says so.

    Args:
        path, key: as of `Checkpoint`.
        store: where the copy is.
        name: of the object.
    """

    def __init__(self, path: Path, key: str, store: stores.Store, name: str) -> None:
        super().__init__(path, key)
        self.store = store
        self.name = name
        self._next = time.monotonic()

    def save(self, tensors: dict, content: dict) -> None:
        """Replace the file, and the copy when it is time to."""
        super().save(tensors, content)
        if time.monotonic() < self._next:
            return
        try:
            self.store.put(self.path, self.name)
        except GeovaeError as error:
            print(f"no copy of the training's state: {error}", flush=True)
        self._next = time.monotonic() + SECONDS

    def load(self) -> tuple[dict, dict] | None:
        """What the file holds, or else the copy; None if neither is of this training."""
        loaded = super().load()
        if loaded is not None:
            return loaded
        try:
            found = self.store.get(self.name, self.path)
        except GeovaeError as error:
            print(f"no state of an earlier attempt: {error}", flush=True)
            return None
        return super().load() if found else None

    def delete(self) -> None:
        """Remove the file and the copy."""
        super().delete()
        try:
            self.store.delete(self.name)
        except GeovaeError as error:
            print(f"the copy of the training's state is left: {error}", flush=True)
