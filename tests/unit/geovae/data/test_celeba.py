"""CelebA: crop and resizing against their definition, archive and folder, memory, and what is said of faults."""

import hashlib
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import CelebA

from geovae.core.errors import GeovaeError
from geovae.data import celeba
from geovae.data.raw_files.download import Store
from helpers.paths import SCRIPTS

# Every split's images are not together in the file, as they are in the original one.
PARTITION = {1: 0, 2: 2, 3: 0, 4: 1, 5: 0, 6: 2, 7: 0}
SPLITS = {"train": (1, 3, 5, 7), "validation": (4,), "test": (2, 6)}


def jpeg(seed: int, size: tuple[int, int] = (178, 218), mode: str = "RGB") -> bytes:
    noise = np.random.default_rng(seed).integers(256, size=(14, 11, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def lanczos_matrix(n_in: int, n_out: int) -> np.ndarray:
    """Weights (n_out, n_in) of a Lanczos filter of three lobes, stretched by the factor of the reduction."""
    scale = max(n_in / n_out, 1.0)
    centres = (np.arange(n_out) + 0.5) * n_in / n_out
    distances = (np.arange(n_in) + 0.5 - centres[:, None]) / scale
    weights = np.where(np.abs(distances) < 3, np.sinc(distances) * np.sinc(distances / 3), 0.0)
    return weights / weights.sum(1, keepdims=True)


def resized(pixels: np.ndarray, size: int) -> np.ndarray:
    """Square pixels (n, n, 3) to (3, size, size), in floating point."""
    matrix = lanczos_matrix(len(pixels), size)
    return np.clip(matrix @ pixels.transpose(2, 0, 1).astype(float) @ matrix.T, 0, 255)


def checksum(path: Path) -> str:
    return f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}"


def write_archive(root: Path, contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(root / "celeba/img_align_celeba.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"img_align_celeba/{name}", content)


def trust(monkeypatch, root: Path) -> None:
    """Take the two files that are there for the original ones."""
    for constant in ("ARCHIVE", "PARTITION"):
        path = getattr(celeba, constant).path
        remote = celeba.RemoteFile(path=path, checksum=checksum(root / path), page=celeba.PAGE, note=celeba.NOTE)
        monkeypatch.setattr(celeba, constant, remote)


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """Seven images in CelebA's archive, and their partition file."""
    contents = {f"{number:06d}.jpg": jpeg(number) for number in PARTITION}
    (tmp_path / "celeba").mkdir()
    write_archive(tmp_path, contents)
    lines = (f"{number:06d}.jpg {split}\n" for number, split in PARTITION.items())
    (tmp_path / "celeba/list_eval_partition.txt").write_text("".join(lines))
    trust(monkeypatch, tmp_path)
    return tmp_path, contents


def unpack_by_hand(root: Path, contents: dict[str, bytes]) -> Path:
    folder = root / "celeba/img_align_celeba"
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def images_of(splits) -> dict[str, np.ndarray]:
    return {split: np.concatenate(list(content.chunks())) for split, content in splits.items()}


@pytest.mark.parametrize(("options", "size", "crop"), [({}, 64, 140), ({"image_size": 32, "crop": 101}, 32, 101)])
def test_the_middle_is_cut_out_and_resized_by_a_lanczos_filter(raw, options, size, crop):
    root, contents = raw
    images = images_of(celeba.load(options, root))
    left, top = {140: (19, 39), 101: (38, 58)}[crop]
    for split, numbers in SPLITS.items():
        assert images[split].shape == (len(numbers), 3, size, size)
        for image, number in zip(images[split], numbers, strict=True):
            pixels = np.asarray(Image.open(BytesIO(contents[f"{number:06d}.jpg"])))
            expected = resized(pixels[top : top + crop, left : left + crop], size)
            assert np.abs(image - expected).max() < 1.6  # PIL rounds after each of its two passes
            assert np.abs(image - expected).mean() < 0.4


def test_the_splits_are_the_official_ones_and_unlabelled(raw):
    splits = celeba.load({}, raw[0])
    assert {split: content.shape for split, content in splits.items()} == {
        split: (len(numbers), 3, 64, 64) for split, numbers in SPLITS.items()
    }
    for content in splits.values():
        assert (content.labels == -1).all()
        assert content.class_names == ()


def test_a_folder_of_images_gives_the_same_bytes_as_the_archive_on_any_number_of_threads(raw):
    root, contents = raw
    from_archive = images_of(celeba.load({}, root, threads=3))
    unpack_by_hand(root, contents)
    (root / "celeba/img_align_celeba.zip").unlink()
    from_folder = images_of(celeba.load({}, root, threads=1))
    for split in SPLITS:
        assert np.array_equal(from_archive[split], from_folder[split])


def test_grey_jpegs_are_read_as_colour(raw, monkeypatch):
    root, contents = raw
    write_archive(root, {**contents, "000004.jpg": jpeg(4, mode="L")})
    image = images_of(celeba.load({}, root))["validation"][0]
    assert (image == image[:1]).all()


def test_the_ids_and_checksums_are_those_of_torchvision():
    known = {name: (identifier, md5) for identifier, md5, name in CelebA.file_list}
    assert {file.path for file in celeba.FILES} == {
        "celeba/img_align_celeba.zip",
        "celeba/list_eval_partition.txt",
    }
    for file in celeba.FILES:
        identifier, md5 = known[file.path.removeprefix("celeba/")]
        assert file.checksum == f"md5:{md5}"
        assert len(file.urls) == 1
        assert f"?id={identifier}&" in file.urls[0]
        assert "Google Drive" in file.note


def obtained(root: Path) -> dict:
    store = Store(root, mirror="http://127.0.0.1:9", attempts=1)
    celeba.obtain(store)
    assert {entry["origin"] for entry in store.used.values()} == {"found"}
    return store.used


def test_an_archive_that_is_there_is_used(raw):
    assert set(obtained(raw[0])) == {"celeba/img_align_celeba.zip", "celeba/list_eval_partition.txt"}


def test_a_folder_that_is_there_is_used_and_the_archive_is_not_asked_for(raw):
    root, contents = raw
    unpack_by_hand(root, contents)
    (root / "celeba/img_align_celeba.zip").unlink()
    assert set(obtained(root)) == {"celeba/list_eval_partition.txt"}


def test_a_folder_that_lacks_images_is_named_unless_the_archive_is_there(raw):
    root, contents = raw
    folder = unpack_by_hand(root, contents)
    whole = images_of(celeba.load({}, root))
    for number in (3, 6):
        (folder / f"{number:06d}.jpg").unlink()
    obtained(root)
    part = images_of(celeba.load({}, root))
    assert all(np.array_equal(whole[split], part[split]) for split in SPLITS)
    (root / "celeba/img_align_celeba.zip").unlink()
    for attempt in (lambda: obtained(root), lambda: celeba.load({}, root)):
        with pytest.raises(GeovaeError, match=r"2 of 7 images are missing \(000003\.jpg is one\)"):
            attempt()


def test_an_empty_folder_counts_as_none(raw):
    root, _ = raw
    (root / "celeba/img_align_celeba").mkdir()
    obtained(root)
    assert celeba.load({}, root)["test"].shape[0] == 2


def test_an_archive_that_is_not_the_original_is_named(raw):
    root, contents = raw
    write_archive(root, {"000001.jpg": contents["000001.jpg"]})
    with pytest.raises(GeovaeError, match="img_align_celeba"):
        celeba.obtain(Store(root))


def damage(root: Path, content: bytes) -> None:
    """Change the content of an image inside the archive, and not the sum that the archive keeps of it."""
    path = root / "celeba/img_align_celeba.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in PARTITION:
            archive.writestr(f"img_align_celeba/{number:06d}.jpg", content)
    data = bytearray(path.read_bytes())
    data[data.index(content) + 400] ^= 0xFF
    path.write_bytes(data)


def test_faults_inside_the_archive_are_named(raw):
    root, contents = raw
    write_archive(root, {**contents, "000004.jpg": contents["000004.jpg"][:3000]})
    with pytest.raises(GeovaeError, match=r"000004\.jpg: not a readable image"):
        images_of(celeba.load({}, root))
    write_archive(root, {**contents, "000004.jpg": jpeg(4, size=(100, 100))})
    with pytest.raises(GeovaeError, match=r"000004\.jpg: 100×100 pixels"):
        images_of(celeba.load({}, root))
    write_archive(root, {name: content for name, content in contents.items() if name != "000005.jpg"})
    with pytest.raises(GeovaeError, match=r"000005\.jpg is not in it"):
        images_of(celeba.load({}, root))
    damage(root, contents["000001.jpg"])
    with pytest.raises(GeovaeError, match=r"img_align_celeba\.zip: 000001\.jpg in it: not a readable member"):
        images_of(celeba.load({}, root))
    (root / "celeba/img_align_celeba.zip").write_bytes(b"quota exceeded")
    with pytest.raises(GeovaeError, match=r"img_align_celeba\.zip: not a readable zip archive"):
        images_of(celeba.load({}, root))


def test_a_line_of_the_partition_file_that_makes_no_sense_is_named(raw):
    path = raw[0] / "celeba/list_eval_partition.txt"
    for line in ("000003.jpg 3", "../../000003.jpg 0", "<html>"):
        path.write_text(f"000001.jpg 0\n{line}\n")
        with pytest.raises(GeovaeError, match="line 2 is not an image"):
            celeba.load({}, raw[0])


def test_missing_files_and_options_are_named(raw, tmp_path):
    with pytest.raises(GeovaeError, match="crop is 179"):
        celeba.load({"crop": 179}, raw[0])
    with pytest.raises(GeovaeError, match="'size'"):
        celeba.load({"size": 64}, raw[0])
    for folder in (None, tmp_path / "elsewhere"):
        with pytest.raises(GeovaeError, match="download_dataset"):
            celeba.load({}, folder)
    (raw[0] / "celeba/img_align_celeba.zip").unlink()
    with pytest.raises(GeovaeError, match=r"its images are not in .* download_dataset"):
        celeba.load({}, raw[0])


MEMORY = """
import re, sys
from geovae.data import celeba
from geovae.data.base import write_split

def peak_mb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

splits = celeba.load({"crop": 64}, sys.argv[1], threads=2)
card = {"dataset": "celeba", "split": "validation"}
write_split(sys.argv[1] + "/validation", splits["validation"], card)
before = peak_mb()
for chunk in splits["train"].chunks():
    pass
print(peak_mb() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    count = 4000  # 49 MB when decoded
    buffer = BytesIO()
    Image.new("RGB", (178, 218), (90, 60, 30)).save(buffer, "JPEG")
    (tmp_path / "celeba").mkdir()
    names = [f"{number:06d}.jpg" for number in range(1, count + 501)]
    write_archive(tmp_path, dict.fromkeys(names, buffer.getvalue()))
    lines = (f"{name} {int(i >= count)}\n" for i, name in enumerate(names))
    (tmp_path / "celeba/list_eval_partition.txt").write_text("".join(lines))
    result = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=SCRIPTS,
    )
    assert float(result.stdout) < 15
