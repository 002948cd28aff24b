"""Obtain the published weights of Inception, from a folder, from torch's cache or by download, as a backbone."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--data-dir", required=True, help="folder of downloaded files, read first")
    parser.add_argument("--mirror", help="URL of a folder to download from in place of the weights' own site")
    parser.add_argument(
        "--output", type=job.folder, required=True, help="folder to write model.safetensors and model.json to"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Find or download the weights, check them, and write them in the workflow's own form."""
    from pathlib import Path

    import torch

    from geovae.data.raw_files.download import Store
    from geovae.data.raw_files.remote import RemoteFile, file_checksum
    from geovae.evaluation import inception

    file = RemoteFile(
        path=inception.WEIGHTS_FILE,
        urls=(inception.WEIGHTS_URL,),
        checksum=f"sha256:{inception.WEIGHTS_SHA256}",
        size=inception.WEIGHTS_SIZE,
        page=inception.WEIGHTS_PAGE,
    )
    job.torch_device("cpu", options.threads)
    store = Store(options.data_dir, mirror=options.mirror)
    source = store.find(file)
    cached = Path(torch.hub.get_dir()) / "checkpoints" / file.name
    if source is None and cached.is_file() and file_checksum(cached, file.checksum) == file.checksum:
        source = cached
    inception.convert_weights(source or store.obtain(file), options.output)


if __name__ == "__main__":
    job.run(main, build_parser())
