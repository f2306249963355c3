"""Files of anybody: one sentence, bounded memory, and no code runs."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections import OrderedDict

import pytest
import torch

from ganzoo.components.networks.reference import read_nested_pth
from ganzoo.errors import ModelError
from ganzoo.importing.import_model import import_model
from ganzoo.importing.stored_tensors import read_stored


class Reduced:
    """Asks whoever unpickles it to call something."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def saved(path, value):
    torch.save(value, path)
    return path


def pickled(path, content):
    """A `.pth` whose description is these bytes."""
    saved(path, {"a": torch.zeros(1)})
    with zipfile.ZipFile(path) as whole:
        entries = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w") as changed:
        for name, old in entries.items():
            changed.writestr(name, content if name.endswith("data.pkl") else old)
    return path


def two_faced(path):
    """A `.pth` of the old format, which asks for code, with a harmless archive behind it."""
    harmless = saved(path.with_name("harmless.pth"), {"a": torch.zeros(1)}).read_bytes()
    asks = {"a": Reduced(os.system, "echo ran")}
    torch.save(asks, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes() + harmless)
    assert zipfile.is_zipfile(path)
    return path


def described_twice(path):
    """A `.pth` whose first description is harmless, and which the loader does not read."""
    saved(path, {"a": Reduced(os.system, "echo ran")})
    with zipfile.ZipFile(path) as whole:
        entries = {name: whole.read(name) for name in whole.namelist()}
    folder = next(iter(entries)).partition("/")[0]
    with zipfile.ZipFile(path, "w") as changed:
        for name, content in {f"{folder}/x.DATA.pkl": b"\x80\x02}q\x00.", **entries}.items():
            changed.writestr(name, content)
    return path


def header(path, tensors, rest=b"", size=None):
    """A safetensors file with any header."""
    text = tensors if isinstance(tensors, bytes) else json.dumps(tensors).encode()
    path.write_bytes(struct.pack("<Q", len(text) if size is None else size) + text + rest)
    return path


def entry(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def nested(depth):
    value = {"a": torch.zeros(1)}
    for _ in range(depth):
        value = {"in": value}
    return value


def laughing(levels, width):
    value = {str(i): torch.zeros(1) for i in range(width)}
    for _ in range(levels):
        value = {str(i): value for i in range(width)}
    return value


GET_TWICE = b"\x80\x02ccollections\nOrderedDict\nq\x00}q\x01" + b"h\x00h\x01\x85R0" * 3 + b"."
TORCH = {
    "code": (lambda p: saved(p, {"a": Reduced(os.system, "echo ran")}), "asks for posix system"),
    "code in a key's value": (
        lambda p: saved(p, [Reduced(eval, "1")]),
        "asks for __builtin__ eval",
    ),
    "bytes of any length": (
        lambda p: saved(p, {"a": Reduced(bytearray, 10**12)}),
        "asks for __builtin__ bytearray",
    ),
    "a tensor of any length": (
        lambda p: saved(p, {"a": Reduced(torch.FloatTensor, 10**12)}),
        "asks for torch FloatTensor",
    ),
    "a copy again and again": (lambda p: pickled(p, GET_TWICE), "copies its own values"),
    "an archive behind the description": (two_faced, "asks for posix system"),
    "two descriptions": (described_twice, "describes its tensors 2 times, not once"),
    "a view of one number": (
        lambda p: saved(p, {"a": torch.zeros(1).expand(2**40)}),
        "more than the 2,147,483,648 bytes allowed",
    ),
    "no memory at all": (
        lambda p: saved(p, {"a": torch.empty(2**50, device="meta")}),
        "asks for torch._utils _rebuild_meta_tensor_no_storage",
    ),
    "deep dicts": (lambda p: saved(p, nested(40)), "nested too deeply"),
    "dicts of the same dicts": (lambda p: saved(p, laughing(6, 40)), "more values in dicts"),
    "long names": (lambda p: saved(p, {"n" * 2000: {"a": torch.zeros(1)}}), "long names"),
    "no weights": (lambda p: saved(p, {"epoch": 3}), "holds no weights"),
    "half a description": (lambda p: pickled(p, b"\x80\x02}q\x00(X"), "cannot read this"),
    "no description": (lambda p: pickled(p, b""), "cannot read this"),
    "half a file": (lambda p: p.write_bytes(b"PK\x03\x04" + bytes(40)) and p, "cannot read this"),
    "text": (lambda p: p.write_bytes(b"weights") and p, "cannot read this"),
}


@pytest.mark.parametrize("kind", TORCH)
def test_hostile_torch_files(tmp_path, capfd, kind, bounded_memory):
    make, words = TORCH[kind]
    path = make(tmp_path / "net_G.pth")
    with bounded_memory(), pytest.raises(ModelError) as error:
        import_model([path], tmp_path / "model.safetensors")
    assert str(path) in str(error.value)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert "ran" not in capfd.readouterr().out


SAFE = {
    "a header longer than the file": lambda p: header(p, {}, size=2**40),
    "a header of nothing": lambda p: header(p, b""),
    "no JSON": lambda p: header(p, b"{" * 20),
    "deep JSON": lambda p: header(p, b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "a huge shape": lambda p: header(p, {"a": entry([2**40], 0, 4)}, bytes(4)),
    "a shape beyond numbers": lambda p: header(p, {"a": entry([2**33, 2**33], 0, 4)}, bytes(4)),
    "a negative shape": lambda p: header(p, {"a": entry([-1], 0, 4)}, bytes(4)),
    "overlapping tensors": lambda p: header(
        p, {"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, bytes(4)
    ),
    "tensors beyond the end": lambda p: header(p, {"a": entry([4], 0, 16)}, bytes(4)),
    "an unknown type": lambda p: header(p, {"a": entry([1], 0, 4, "PICKLE")}, bytes(4)),
}


@pytest.mark.parametrize("kind", SAFE)
def test_hostile_safetensors(tmp_path, kind, bounded_memory):
    path = SAFE[kind](tmp_path / "model.safetensors")
    with bounded_memory(), pytest.raises(ModelError) as error:
        import_model([path], tmp_path / "out.safetensors")
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bomb_of_zeros_is_not_unpacked(tmp_path):
    path, packed = saved(tmp_path / "a.pth", {"a": torch.zeros(10**6)}), tmp_path / "net_G.pth"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert packed.stat().st_size < 20_000
    with pytest.raises(
        ModelError, match=r"holds 4,000,[0-9]+ bytes, more than the 100,000 allowed"
    ):
        read_stored(packed, 100_000)


def test_a_description_that_is_packed_small_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("ganzoo.components.networks.reference.PICKLED", 10_000)
    path = pickled(tmp_path / "net_G.pth", b"\x80\x02}q\x00." + bytes(20_000))
    with pytest.raises(ModelError, match="describes its tensors in 20,006 bytes; 10,000 are read"):
        read_nested_pth(path)


def test_a_large_description_that_is_packed_small_takes_no_memory(tmp_path, bounded_memory):
    path = tmp_path / "net_G.pth"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("net_G/data.pkl", "w") as description,
    ):
        description.write(b"\x80\x02}q\x00.")
        for _ in range(300):
            description.write(bytes(2**20))
    assert path.stat().st_size < 2**21
    with bounded_memory(), pytest.raises(ModelError, match="describes its tensors in 314,572,806"):
        read_nested_pth(path)


def test_a_pipe_is_no_file_of_weights(tmp_path):
    os.mkfifo(tmp_path / "net_G.pth")
    with pytest.raises(ModelError, match="no regular file"):
        read_stored(tmp_path / "net_G.pth")


def test_shapes_of_a_hostile_network_take_no_memory(tmp_path, bounded_memory):
    """Wide beyond any memory: the guess is built without weights, and does not fit."""
    tensors = {
        "model.1.weight": entry([2**31, 0, 7, 7], 0, 0),
        "model.10.conv_block.1.weight": entry([2**33, 0, 3, 3], 0, 0),
        "model.4.weight": entry([2**32, 0, 3, 3], 0, 0),
        "model.26.weight": entry([0, 2**31, 7, 7], 0, 0),
    }
    path = header(tmp_path / "net_G.safetensors", tensors)
    with bounded_memory(), pytest.raises(ModelError, match="net_G"):
        import_model([path], tmp_path / "out.safetensors")


def test_control_characters_in_names_are_escaped(tmp_path):
    from typer.testing import CliRunner

    from ganzoo.cli import app

    state = {f"\x1b[31m{i}\x07.b": torch.zeros(1) for i in range(5)}
    path = saved(tmp_path / "net_G.pth", state)
    done = CliRunner().invoke(app, ["import", str(path), "--out", str(tmp_path / "o.safetensors")])
    assert done.exit_code
    assert "\x1b" not in done.output
    assert "\x07" not in done.output


def test_numbers_as_names_and_old_files(tmp_path):
    """An optimizer's state has numbers as names; torch before 1.6 wrote no archives."""
    value = OrderedDict(state={0: {"exp_avg": torch.ones(2)}}, lr=0.1)
    torch.save(value, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert read_nested_pth(tmp_path / "old.pth").keys() == {"state.0.exp_avg"}


def test_an_old_file_with_code_is_refused(tmp_path):
    hostile = {"a": Reduced(os.system, "echo ran")}
    torch.save(hostile, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    with pytest.raises(ModelError, match="asks for posix system"):
        read_nested_pth(tmp_path / "old.pth")
    buffer = io.BytesIO()
    pickle.dump(hostile, buffer)
    (tmp_path / "plain.pth").write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match=r"cannot read this|asks for"):
        read_nested_pth(tmp_path / "plain.pth")
