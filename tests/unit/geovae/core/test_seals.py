"""A file with a seal is found to be damaged, edited or exchanged, whatever was done to it; else it is read as ever."""

import json
import shutil

import numpy as np
import pytest
import torch

from geovae.core import sealed_json, seals, storage, tables
from geovae.core.errors import GeovaeError
from geovae.models.files import build_model, load_model, save_model

ROWS = [["a", 0.1 + 0.2, None], ["b, c", 1.5, 7], ["d", -1.0, 8]]
DESCRIPTION = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.01, "latent_dim": 1, "image_shape": [1, 2, 2]}


def read_weights(path):
    return storage.load_weights(path, record="model.json")


def save_with_record(path):
    storage.save_weights(path, {"w": torch.arange(3.0)})
    storage.save_json(path.with_name("model.json"), {}, beside=[path.name])


FORMATS = {
    "a.npy": (lambda path: storage.save_array(path, np.arange(5)), storage.load_array),
    "a.npz": (lambda path: storage.save_arrays(path, mu=np.arange(3.0)), storage.load_arrays),
    "a.json": (lambda path: storage.save_json(path, {"fid": 11.5, "names": ["é"]}), storage.load_json),
    "a.csv": (lambda path: tables.save_table(path, "xyz", ROWS), tables.load_table),
    "a.safetensors": (save_with_record, read_weights),
}


@pytest.fixture(params=FORMATS)
def file(request, tmp_path):
    """A finished file, and how it is read."""
    write, read = FORMATS[request.param]
    path = tmp_path / "results/one" / request.param
    with seals.places_below("results"):
        write(path)
        yield path, read


def refused(path, read) -> str:
    with pytest.raises(GeovaeError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path)), message
    assert len(message.splitlines()) <= 2
    assert "Delete it" in message
    return message


def test_every_bit_counts(file):
    path, read = file
    read(path)
    whole = path.read_bytes()
    for index, byte in enumerate(whole):
        path.write_bytes(whole[:index] + bytes([byte ^ 1 << index % 8]) + whole[index + 1 :])
        refused(path, read)


def test_any_length_but_the_right_one_is_refused(file):
    path, read = file
    whole = path.read_bytes()
    for part in (*(whole[:length] for length in range(len(whole))), whole + b"\n", whole + bytes(1000), whole + whole):
        path.write_bytes(part)
        refused(path, read)


def test_a_file_of_another_place_is_refused_there_and_free_elsewhere(file, tmp_path):
    path, read = file
    if path.suffix == ".safetensors":
        pytest.skip("the record beside it says what it is")
    for folder in ("results/two", "other/one"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copyfile(path, tmp_path / folder / path.name)
    assert f"it was written as one/{path.name}" in refused(tmp_path / "results/two" / path.name, read)
    read(tmp_path / "other/one" / path.name)


def test_files_of_the_library_may_be_moved(tmp_path):
    save_model(tmp_path / "results/a", build_model(DESCRIPTION), DESCRIPTION)
    (tmp_path / "results/a").rename(tmp_path / "results/b")
    assert load_model(tmp_path / "results/b").latent_dim == 1
    assert seals.place_of(tmp_path / "results/b") == ""


def test_arrays_with_a_seal_are_read_by_numpy_alone(tmp_path):
    array = np.arange(6).reshape(2, 3)
    storage.save_array(tmp_path / "a.npy", array)
    storage.save_arrays(tmp_path / "a.npz", a=array)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), array)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), array)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npz")["a"], array)
    np.save(tmp_path / "bare.npy", array)
    assert (tmp_path / "a.npy").read_bytes().startswith((tmp_path / "bare.npy").read_bytes())
    assert "not written by geovae" in refused(tmp_path / "bare.npy", storage.load_array)


def test_a_record_vouches_for_the_file_that_it_was_written_for(tmp_path):
    for name in ("old", "new"):
        storage.save_array(tmp_path / name / "a.npy", np.array([len(name), ord(name[0])]))
        storage.save_json(tmp_path / name / "card.json", {}, beside=["a.npy"])
    assert storage.load_array(tmp_path / "new/a.npy", record="card.json").tolist() == [3, ord("n")]
    shutil.copyfile(tmp_path / "old/a.npy", tmp_path / "new/a.npy")
    message = refused(tmp_path / "new/a.npy", lambda path: storage.load_array(path, record="card.json"))
    assert "card.json was written for another" in message
    assert "Delete it and card.json, and run" in message
    (tmp_path / "new/a.npy").unlink()
    with pytest.raises(GeovaeError, match=r"a\.npy: no such file\. Delete card\.json and run the workflow to make it"):
        storage.load_array(tmp_path / "new/a.npy", record="card.json")


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[1]", "3", "null", '"a"', "{}", '{"seal": 1}', '{"seal": {}}', '{"seal": {"sha256": 1}}'),
        *('{"seal": {"place": 1}}', '{"seal": {"beside": [1]}}', "[" * 10_000, '{"a":' * 10_000, '{"a": NaN}'),
        *('{"a": 1e999}', '{"a": 1, "a": 2}', f'{{"a": {"9" * 5000}}}', '{"a": "\\ud800"}', "\ufeff{}"),
        sealed_json.to_text({"a": 1}).replace('"a": 1', '"a": 2'),
        sealed_json.to_text({"a": 1}).replace('"a": 1', '"a": 1,\n  "a": 1'),
        json.dumps(json.loads(sealed_json.to_text({"a": 1}))),
    ],
)
def test_other_json_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    refused(tmp_path / "a.json", storage.load_json)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, str, "a is None, a text is expected"),
        ("0.5", float, "a is '0.5', a number is expected"),
        (True, float, "a is True, a number is expected"),
        (1.5, int, "a is 1.5, a whole number is expected"),
        ({}, list, "a is {}, a list is expected"),
        ([1], dict, r"a is [1], an object is expected"),
    ],
)
def test_a_value_of_another_type_is_named(tmp_path, value, kind, words):
    storage.save_json(tmp_path / "a.json", {"a": value})
    assert words in refused(tmp_path / "a.json", lambda path: storage.load_json(path, a=kind))


def test_records_of_numbers_hold_numbers(tmp_path):
    storage.save_json(tmp_path / "a.json", {"a": 1, "b": 0.5, "c": None})
    assert storage.load_numbers(tmp_path / "a.json") == {"a": 1, "b": 0.5, "c": None}
    for value in ("0.5", [1], True, {}):
        storage.save_json(tmp_path / "a.json", {"a": value})
        assert "a number is expected" in refused(tmp_path / "a.json", storage.load_numbers)


def test_a_table_is_read_as_it_was_written(tmp_path):
    tables.save_table(tmp_path / "a.csv", "xyz", ROWS)
    assert tables.load_table(tmp_path / "a.csv", ["x"]) == [
        {"x": "a", "y": "0.30000000000000004", "z": ""},
        {"x": "b, c", "y": "1.5", "z": "7"},
        {"x": "d", "y": "-1.0", "z": "8"},
    ]
    assert "no column w" in refused(tmp_path / "a.csv", lambda path: tables.load_table(path, ["x", "w"]))


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 1), (0, 1, 2, 2), ()])
def test_rows_that_were_left_out_moved_or_repeated_are_found(tmp_path, order):
    path = tmp_path / "a.csv"
    tables.save_table(path, "xyz", ROWS)
    header, *rows = path.read_text().splitlines(keepends=True)
    path.write_text(header + "".join(rows[index] for index in order))
    refused(path, tables.load_table)


def with_nan(tensor: torch.Tensor) -> torch.Tensor:
    changed = tensor.clone()
    changed.view(-1)[0] = float("nan")
    return changed


CHANGES = {
    "holds NaN or infinities": with_nan,
    "is torch.int8": torch.Tensor.char,
    "is torch.float64": torch.Tensor.double,
    "these are not the weights": lambda tensor: tensor[:1],
}


@pytest.mark.parametrize("words", CHANGES)
def test_weights_that_no_training_gives_are_refused(tmp_path, words):
    weights = build_model(DESCRIPTION).state_dict()
    name = next(name for name, tensor in weights.items() if len(tensor) > 1)
    storage.save_weights(tmp_path / "model.safetensors", weights | {name: CHANGES[words](weights[name])})
    storage.save_json(tmp_path / "model.json", DESCRIPTION, beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match=rf"model\.safetensors: .*{words}"):
        load_model(tmp_path)


@pytest.mark.parametrize("order", [("a.npy", "b.npz"), ("b.npz", "a.npy")])
def test_what_was_made_of_another_file_than_the_one_that_is_there_is_found(tmp_path, order):
    folder = tmp_path / "results/run"
    read = {"a.npy": storage.load_array, "b.npz": storage.load_arrays}
    for part in ("own", "other"):
        with seals.places_below("results"):
            storage.save_array(folder / part / "a.npy", np.array([len(part)]))
    with seals.places_below("results"):
        storage.load_array(folder / "own/a.npy")
        storage.save_arrays(folder / "own/b.npz", b=np.ones(2))
    with seals.places_below("results"):
        for name in order:
            read[name](folder / "own" / name)
    with seals.places_below("results"):
        storage.save_array(folder / "own/a.npy", np.array([99]))
    with seals.places_below("results"):
        read[order[0]](folder / "own" / order[0])
        with pytest.raises(GeovaeError, match=r"run/own/b\.npz was made of another run/own/a\.npy .*\n.*Delete both"):
            read[order[1]](folder / "own" / order[1])
    read["a.npy"](folder / "own/a.npy")  # outside of a workflow nobody asks
    read["b.npz"](folder / "own/b.npz")
