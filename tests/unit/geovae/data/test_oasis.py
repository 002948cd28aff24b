"""OASIS: the slice and its orientation, classes and splits from a sheet, unpacking, and what is said of faults."""

import os
import struct
import tarfile
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from geovae.core.errors import GeovaeError
from geovae.data import oasis
from geovae.data.raw_files.download import Store

HEADER = "ID,M/F,Hand,Age,Educ,SES,MMSE,CDR,eTIV,nWBV,ASF,Delay\n"
RATINGS = {1: "0", 2: "0.5", 3: "", 4: "1", 5: "0", 6: "2", 7: "", 9: "0", 10: "0.5", 11: "", 12: "0"}
AD = [2, 4, 6, 10]
SLICES = (60, 90)  # those of a volume that are not blank


def session(number: int, repeat: int = 1) -> str:
    return f"OAS1_{number:04d}_MR{repeat}"


def sheet_row(name: str, rating: str) -> str:
    return f"{name},F,R,74,2,3,29,{rating},1344,0.743,1.306,N/A\n"


def slices(number: int) -> np.ndarray:
    """The two slices (2, 176, 208) of a subject: a slope in both directions and noise."""
    x, y = np.ogrid[:176, :208]
    noise = np.random.default_rng(number).integers(0, 200, (2, 176, 208))
    return (10 * x + 3 * y + noise + 100 * number).astype(">i2")


def write_volume(folder: Path, number: int, repeat: int = 1, kind: str = "masked_gfc") -> Path:
    """A volume in the layout of the discs, of big-endian int16 as theirs are; all blank but for two slices."""
    voxels = np.zeros((176, 208, 176, 1), dtype=">i2")
    voxels[:, :, SLICES, 0] = slices(number).transpose(1, 2, 0)
    folder = folder / session(number, repeat) / "PROCESSED/MPRAGE/T88_111"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{session(number, repeat)}_mpr_n4_anon_111_t88_{kind}.img"
    header = nibabel.AnalyzeHeader(endianness=">")
    header.set_data_dtype(">i2")
    nibabel.save(nibabel.AnalyzeImage(voxels, None, header=header), path)
    return path


@pytest.fixture(scope="module")
def discs(tmp_path_factory):
    """Two unpacked discs with the volumes of all subjects, of a second session, and other files."""
    root = tmp_path_factory.mktemp("discs")
    for number in RATINGS:
        write_volume(root / ("disc1" if number < 7 else "disc2"), number)
    write_volume(root / "disc1", 2, repeat=2)
    (root / "disc1" / session(1) / "RAW").mkdir()
    (root / "disc1" / session(1) / "RAW" / f"{session(1)}_mpr-1_anon.img").write_bytes(b"raw")
    return root


@pytest.fixture
def raw(tmp_path):
    """A data folder with the sheet alone."""
    folder = tmp_path / "oasis"
    folder.mkdir()
    rows = [sheet_row(session(number), rating) for number, rating in reversed(RATINGS.items())]
    rows.insert(3, sheet_row(session(2, repeat=2), "0"))
    (folder / "oasis_cross-sectional.csv").write_text(HEADER + "".join(rows))
    return tmp_path


@pytest.fixture
def filled(raw, discs):
    """A data folder with the sheet and the unpacked discs, in a folder between."""
    (raw / "oasis/unpacked").mkdir()
    for disc in discs.iterdir():
        (raw / "oasis/unpacked" / disc.name).mkdir()
        for folder in disc.iterdir():
            (raw / "oasis/unpacked" / disc.name / folder.name).mkdir()
            for path in folder.rglob("*.*"):
                (raw / "oasis/unpacked" / disc.name / folder.name / path.name).hardlink_to(path)
    return raw


pytestmark = pytest.mark.filterwarnings("ignore:.*subjects.* of them AD:UserWarning")


def images_of(folder: Path, **options) -> tuple[np.ndarray, np.ndarray]:
    """All images and labels in the order of the subjects, told apart by their labels and first pixels."""
    splits = oasis.load(options, folder)
    images = np.concatenate([np.concatenate(list(content.chunks())) for content in splits.values()])
    return images, np.concatenate([content.labels for content in splits.values()])


def expected(number: int, index: int = 90, downscale: int = 1) -> np.ndarray:
    """The image of a subject from its definition, by PIL's reduction."""
    values = slices(number)[SLICES.index(index)].astype(np.float32)
    upright = np.rot90(values)  # columns run to the left, rows from the front to the back
    if downscale > 1:
        size = (upright.shape[1] // downscale, upright.shape[0] // downscale)
        upright = np.asarray(Image.fromarray(upright.copy()).resize(size, Image.Resampling.BOX))
    return (upright - upright.min()) / (upright.max() - upright.min()) * 255


@pytest.mark.parametrize(("index", "downscale", "shape"), [(90, 1, (208, 176)), (60, 2, (104, 88)), (90, 4, (52, 44))])
def test_the_image_is_an_upright_slice_scaled_to_its_range(filled, index, downscale, shape):
    images, labels = images_of(filled, slice=index, downscale=downscale)
    assert images.shape == (11, 1, *shape)
    wanted = {number: expected(number, index, downscale) for number in RATINGS}
    found = []
    for image, label in zip(images, labels, strict=True):
        errors = {number: np.abs(image[0] - target).max() for number, target in wanted.items()}
        number = min(errors, key=errors.get)
        assert errors[number] < 0.51  # rounding alone
        assert label == (number in AD)
        assert (image.min(), image.max()) == (0, 255)
        found.append(number)
    assert sorted(found) == list(RATINGS)


def test_the_front_is_up_and_the_subjects_left_is_on_the_right(filled):
    # Values of the volumes rise along x, to the left, and along y, to the front.
    image = images_of(filled)[0][0, 0].astype(float)
    assert image[:20].mean() > image[-20:].mean()
    assert image[:, -20:].mean() > image[:, :20].mean()


def test_the_axes_are_those_that_nibabel_reads_off_the_files(discs):
    volume = nibabel.load(next(discs.rglob("*_t88_masked_gfc.img")))
    assert nibabel.aff2axcodes(volume.affine) == ("L", "A", "S")
    assert volume.shape == (176, 208, 176, 1)


def test_the_split_is_drawn_from_its_seed(filled):
    splits = oasis.load({}, filled)
    # A fifth of 11 rounded up, a tenth rounded, and the rest.
    assert {split: content.shape for split, content in splits.items()} == {
        "train": (7, 1, 208, 176),
        "validation": (1, 1, 208, 176),
        "test": (3, 1, 208, 176),
    }
    assert all(content.class_names == ("CN", "AD") for content in splits.values())
    again, other = oasis.load({}, filled), oasis.load({"split_seed": 1}, filled)
    first, repeated, differing = (next(s["train"].chunks()) for s in (splits, again, other))
    assert np.array_equal(first, repeated)
    assert not np.array_equal(first, differing)


def test_416_subjects_make_290_42_and_84(monkeypatch, raw):
    rows = (sheet_row(session(number), "0.5" if number <= 100 else "") for number in range(1, 417))
    (raw / "oasis/oasis_cross-sectional.csv").write_text(HEADER + "".join(rows))
    monkeypatch.setattr(oasis, "find_volumes", lambda folder: {session(n): Path(str(n)) for n in range(1, 417)})
    monkeypatch.setattr(oasis, "_image", lambda path, index, downscale: np.uint8([[divmod(int(str(path)), 256)]]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splits = oasis.load({}, raw)
    assert [content.shape[0] for content in splits.values()] == [290, 42, 84]
    seen = []
    for content in splits.values():
        numbers = next(content.chunks())[:, 0, 0].astype(int) @ (256, 1)
        assert np.array_equal(content.labels, numbers <= 100)  # labels stay with their images
        seen += numbers.tolist()
    assert sorted(seen) == list(range(1, 417))
    assert np.bincount(splits["test"].labels).tolist() == [61, 23]  # CN and AD


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_a_classifier_that_calls_all_test_subjects_cn_has_the_scores_of_table_2(seed):
    labels = (np.arange(416) % 4 == 0).astype(np.int64)
    labels[400:] = 0  # 100 of 416
    splits = oasis.split_subjects(labels, seed)
    assert sorted(np.concatenate(list(splits.values()))) == list(range(416))
    precision = np.mean(labels[splits["test"]] == 0)
    assert round(100 * precision, 1) == 72.6
    assert round(100 * 2 * precision / (precision + 1), 1) == 84.1
    # The other splits are not stratified: the seed decides how many of a class they have.
    counts = {labels[oasis.split_subjects(labels, other)["validation"]].sum() for other in range(10)}
    assert len(counts) > 1


def test_a_sheet_of_other_numbers_gives_a_warning(raw):
    with pytest.warns(UserWarning, match="11 subjects, 4 of them AD; the paper has 416 and 100"):
        oasis.read_sheet(raw / "oasis/oasis_cross-sectional.csv")


def test_ratings_make_classes(raw):
    subjects = oasis.read_sheet(raw / "oasis/oasis_cross-sectional.csv")
    assert subjects == {session(number): int(number in AD) for number in RATINGS}
    assert list(subjects) == sorted(subjects)


def pack(folder: Path, disc: Path, n: int) -> None:
    with tarfile.open(folder / f"oasis_cross-sectional_disc{n}.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(disc, arcname=disc.name)


def test_archives_are_unpacked_as_far_as_needed(raw, discs):
    for n in (1, 2):
        pack(raw / "oasis", discs / f"disc{n}", n)
    store = Store(raw)
    oasis.obtain(store)
    unpacked = {path.name for path in (raw / "oasis").rglob("*.*") if path.suffix in (".img", ".hdr")}
    stems = {f"{session(number)}_mpr_n4_anon_111_t88_masked_gfc" for number in RATINGS}
    assert unpacked == {stem + ending for stem in stems for ending in (".img", ".hdr")}
    assert set(store.used) == {
        "oasis/oasis_cross-sectional.csv",
        "oasis/oasis_cross-sectional_disc1.tar.gz",
        "oasis/oasis_cross-sectional_disc2.tar.gz",
    }
    assert images_of(raw)[0].shape == (11, 1, 208, 176)


def test_unpacked_folders_are_used_and_archives_are_not_asked_for(filled):
    store = Store(filled)
    oasis.obtain(store)
    assert set(store.used) == {"oasis/oasis_cross-sectional.csv"}


def test_what_is_missing_is_listed_with_where_to_get_it(raw, discs):
    pack(raw / "oasis", discs / "disc1", 1)
    with pytest.raises(GeovaeError) as caught:
        oasis.obtain(Store(raw))
    text = str(caught.value)
    assert f"the volumes of 5 of 11 subjects are missing ({session(7)}, {session(9)}, {session(10)} …)" in text
    assert "Put oasis_cross-sectional_discN.tar.gz, N = 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, or" in text
    assert oasis.PAGE in text
    assert "https://download.nrg.wustl.edu/data/oasis_cross-sectional_discN.tar.gz" in text
    with pytest.raises(GeovaeError, match=r"volumes of 5 of 11 subjects are not in .*\n.*download_dataset"):
        oasis.load({}, raw)


def test_archives_that_lack_a_subject_are_named(raw, discs):
    for n in range(1, 13):
        pack(raw / "oasis", discs / "disc1" / session(1) / "RAW", n)
    with pytest.raises(GeovaeError, match="All 12 archives are there, but lack them"):
        oasis.obtain(Store(raw))


def test_a_missing_sheet_is_asked_for(tmp_path):
    with pytest.raises(GeovaeError, match=r"oasis_cross-sectional\.csv"):
        oasis.obtain(Store(tmp_path))
    for folder in (None, tmp_path):
        with pytest.raises(GeovaeError, match="download_dataset"):
            oasis.load({}, folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Name;Rating\n", "no columns ID and CDR"),
        (HEADER + sheet_row("OAS2_0001_MR1", "0"), "names no subject"),
        (HEADER + sheet_row(session(1), "mild"), "CDR of OAS1_0001_MR1 is 'mild', not 0, 0.5, 1, 2 or 3"),
        *(
            (HEADER + sheet_row(session(1), odd), f"CDR of OAS1_0001_MR1 is '{odd}'")
            for odd in ("nan", "inf", "-1", "7")
        ),
        ("Age,ID,CDR\n70,OAS1_0001_MR1,0\n71\n", "line 3 has 1 fields, the header 3"),
        (HEADER + f"{session(1)},F,R,74\n", "line 2 has 4 fields, the header 12"),
        (HEADER + sheet_row(f"{session(1)},x", "0"), "line 2 has 13 fields, the header 12"),
        (HEADER + sheet_row(session(1), "0") + sheet_row(session(1), "1"), "line 3 rates OAS1_0001_MR1 a second time"),
        (HEADER + sheet_row(session(1), '"0'), "not a readable CSV file"),
        ("ID,CDR,CDR\n" + f"{session(1)},0,0\n", "more than one column CDR"),
        ("", "no columns ID and CDR"),
    ],
)
def test_a_sheet_that_makes_no_sense_is_named(raw, text, message):
    path = raw / "oasis/oasis_cross-sectional.csv"
    path.write_text(text)
    with pytest.raises(GeovaeError, match=f"{path}.*{message}"):
        oasis.read_sheet(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"downscale": 3}, "downscale is 3"),
        ({"slice": 176}, "slice is 176, but there are 176"),
        ({"slice": -1}, "slice is -1"),
        ({"slices": 90}, "Did you mean 'slice'"),
    ],
)
def test_options_out_of_range_are_named(filled, options, message):
    with pytest.raises(GeovaeError, match=message):
        oasis.load(options, filled)


def test_rows_that_are_no_sessions_are_counted(raw):
    path = raw / "oasis/oasis_cross-sectional.csv"
    path.write_text(
        HEADER + sheet_row(session(1), "0") + sheet_row("OAS1_1_MR1", "0") + sheet_row("oas1_0002_mr1", "0")
    )
    with pytest.warns(UserWarning, match=r"passed by 2 rows that are no session of OASIS-1 \('OAS1_1_MR1' is one\)"):
        assert oasis.read_sheet(path) == {session(1): 0}


def test_letters_of_another_encoding_in_other_columns_do_not_matter(raw):
    path = raw / "oasis/oasis_cross-sectional.csv"
    path.write_bytes((HEADER + sheet_row(session(1), "0.5")).replace("R,74", "é,74").encode("latin-1"))
    assert oasis.read_sheet(path) == {session(1): 1}


def header_of(folder: Path, number: int) -> tuple[Path, bytearray]:
    """A header of its own, in the place of the one that all tests share, and what it holds."""
    path = next((folder / "oasis").rglob(f"{session(number)}*.hdr"))
    content = bytearray(path.read_bytes())
    path.unlink()
    return path, content


@pytest.mark.parametrize(
    ("place", "content", "said"),
    [
        (70, struct.pack(">h", 999), "not a readable volume"),  # the code of the type of voxels
        (70, struct.pack(">h", 2), "not a readable volume .*12,886,016 bytes, where its header tells of 6,443,008"),
        (70, struct.pack(">h", 16), "not a readable volume .*12,886,016 bytes, where its header tells of 25,772,032"),
        (70, struct.pack(">h", 32), "its voxels are of the type >c8, not real numbers"),
        (70, struct.pack(">h", 128), "its voxels are of the type"),
        (42, struct.pack(">h", 177), r"a volume of \(177, 208, 176, 1\) voxels"),
        (42, struct.pack(">h", -1), "not a readable volume|a volume of"),
        (40, struct.pack(">h", 99), "not a readable volume|a volume of"),
        (108, struct.pack(">f", 352.0), "not a readable volume .*where its header tells of"),  # where the voxels begin
        (108, struct.pack(">f", np.nan), "not a readable volume"),
        (0, bytes(348), "not a readable volume|a volume of"),
    ],
)
def test_headers_that_do_not_fit_the_voxels_are_named(filled, place, content, said):
    path, header = header_of(filled, 5)
    header[place : place + len(content)] = content
    path.write_bytes(header)
    with pytest.raises(GeovaeError, match=rf"OAS1_0005_MR1.*img: ({said})"):
        oasis.load({}, filled)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.nan, "1 voxels of slice 90 are NaN or infinite"),
        (np.inf, "1 voxels of slice 90 are NaN or infinite"),
        (3e38, ""),
    ],
)
@pytest.mark.parametrize("downscale", [1, 4])
def test_voxels_that_are_no_numbers_are_named(filled, value, said, downscale):
    path = next((filled / "oasis").rglob(f"{session(5)}*.img"))
    voxels = np.zeros((176, 208, 176), np.float32)
    voxels[:, :, 90] = slices(5)[1]
    voxels[3, 4, 90] = value
    path.unlink()
    path.with_suffix(".hdr").unlink()
    nibabel.save(nibabel.AnalyzeImage(voxels, None), path)
    if not said:
        assert images_of(filled, downscale=downscale)[0].max() == 255
        return
    with pytest.raises(GeovaeError, match=f"OAS1_0005_MR1.*{said}"):
        oasis.load({"downscale": downscale}, filled)


@pytest.mark.parametrize("ending", [".img", ".hdr"])
def test_a_pipe_in_the_place_of_a_volume_is_not_waited_for(filled, ending):
    path = next((filled / "oasis").rglob(f"{session(5)}*{ending}"))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(GeovaeError, match=rf"OAS1_0005_MR1.*\{ending}: no regular file"):
        oasis.load({}, filled)


def test_values_whose_range_is_no_number_are_named(filled):
    path = next((filled / "oasis").rglob(f"{session(5)}*.img"))
    voxels = np.zeros((176, 208, 176), np.float64)
    voxels[:88, :, 90], voxels[88:, :, 90] = -1.7e308, 1.7e308
    path.unlink()
    path.with_suffix(".hdr").unlink()
    nibabel.save(nibabel.AnalyzeImage(voxels, None), path)
    with pytest.raises(GeovaeError, match=r"OAS1_0005_MR1.*the values of slice 90 are too large to be scaled"):
        oasis.load({}, filled)


def test_a_blank_slice_is_named(filled):
    with pytest.raises(GeovaeError, match=r"OAS1_0001_MR1.*slice 3 is blank"):
        oasis.load({"slice": 3}, filled)


def test_volumes_that_are_broken_or_of_another_shape_are_named(filled):
    path = next((filled / "oasis").rglob(f"{session(5)}*.img"))
    whole = path.read_bytes()
    path.unlink()  # the file is shared with other tests
    path.write_bytes(whole[:5_000_000])
    with pytest.raises(GeovaeError, match=r"OAS1_0005_MR1.*not a readable volume"):
        oasis.load({}, filled)
    small = nibabel.AnalyzeImage(np.ones((20, 20, 20), np.int16), None)
    path.with_suffix(".hdr").unlink()
    nibabel.save(small, path)
    with pytest.raises(GeovaeError, match=r"OAS1_0005_MR1.*a volume of \(20, 20, 20\) voxels"):
        oasis.load({}, filled)
    path.with_suffix(".hdr").write_bytes(b"not a header")
    with pytest.raises(GeovaeError, match=r"OAS1_0005_MR1.*not a readable volume"):
        oasis.load({}, filled)
    path.with_suffix(".hdr").unlink()
    with pytest.raises(GeovaeError, match="volumes of 1 of 11 subjects"):
        oasis.load({}, filled)
