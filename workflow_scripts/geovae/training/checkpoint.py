"""The state of an unfinished training on disk, from which it goes on as if it had not been interrupted.

One safetensors file beside the run: tensors, and everything else as JSON in the file's header, with a checksum of both.
It is keyed by a fingerprint of all that determines the training, and deleted when the run is done. One that was damaged
is said to be so and passed by: the training starts anew, with the same result.
"""

import hashlib
import json
from pathlib import Path

import torch

from geovae.core import storage

FILE_NAME = "resume.safetensors"


def fingerprint(*parts: object) -> str:
    """A hash of all that a training depends on: settings, data, software, threads."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


class Checkpoint:
    """A place for the state of one training.

    Args:
        path: the file.
        key: `fingerprint` of the training; a file of another one is not read, and is overwritten.
    """

    def __init__(self, path: str | Path, key: str) -> None:
        self.path = Path(path)
        self.key = key

    def save(self, tensors: dict[str, torch.Tensor], content: dict) -> None:
        """Replace what is there, at once or not at all."""
        from safetensors.torch import save

        with storage.atomic(self.path) as temporary:
            copies = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
            said = json.dumps(content)
            checksum = _checksum(copies, said)
            temporary.write_bytes(save(copies, metadata={"key": self.key, "content": said, "sha256": checksum}))

    def load(self) -> tuple[dict[str, torch.Tensor], dict] | None:
        """Tensors and content of the file; None if there is none, or it is damaged, or of another training."""
        from safetensors import SafetensorError, safe_open

        if not self.path.is_file():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("key") != self.key:
                    return None
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError):
            return self._pass_by()
        content = metadata.get("content", "")
        if metadata.get("sha256") != _checksum(tensors, content):
            return self._pass_by()
        return tensors, json.loads(content)

    def _pass_by(self) -> None:
        print(f"{self.path}: damaged; the training starts anew", flush=True)

    def delete(self) -> None:
        """Remove the file, and what a writer that was killed has left of it."""
        self.path.unlink(missing_ok=True)
        for remains in self.path.parent.glob(f".{self.path.stem}.*{self.path.suffix}"):
            remains.unlink()


def _checksum(tensors: dict[str, torch.Tensor], content: str) -> str:
    """SHA-256 of contiguous CPU tensors with their names, shapes and types, and of the content."""
    digest = hashlib.sha256(content.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
