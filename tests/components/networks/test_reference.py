"""Checkpoints of the authors' code: same weights, same images."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from ganzoo.components.networks.reference import read_pth
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet
from ganzoo.errors import ModelError

DATA = Path(__file__).parent.parent.parent / "data"
GOLDEN = [
    ("resnet9", lambda: ResNet(width=8)),
    ("resnet9_old", lambda: ResNet(width=8)),
    ("unet128", lambda: UNet(width=4, layers=7)),
]


@pytest.mark.parametrize(("tag", "build"), GOLDEN)
def test_reference_weights_give_the_reference_images(tag, build):
    network = build().eval()
    network.load_state_dict(read_pth(DATA / f"{tag}_net_G_A.pth"))
    images = load_file(DATA / f"{tag}_io.safetensors")
    with torch.no_grad():
        torch.testing.assert_close(network(images["x"]), images["y"], atol=1e-5, rtol=0)


def save(path: Path, value: object) -> Path:
    torch.save(value, path)
    return path


def test_the_prefix_of_several_gpus_is_dropped(tmp_path):
    network = nn.Linear(2, 3)
    path = save(tmp_path / "w.pth", nn.DataParallel(network).state_dict())
    assert read_pth(path).keys() == network.state_dict().keys()


def test_batch_norm_keeps_its_statistics(tmp_path):
    network = nn.BatchNorm2d(2)
    path = save(tmp_path / "w.pth", {f"a.{k}": v for k, v in network.state_dict().items()})
    assert {key.removeprefix("a.") for key in read_pth(path)} == set(network.state_dict())


class Hostile:
    def __reduce__(self):
        return (print, ("code ran",))


@pytest.mark.filterwarnings("ignore:Validating sparse tensor")
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([torch.zeros(1)], "holds no weights but a list"),
        ({}, "holds no weights"),
        ({"state_dict": {"a": torch.zeros(1)}}, "'state_dict' holds a dict"),
        ({"a": torch.zeros(1), "epoch": 3}, "'epoch' holds a int"),
        ({3: torch.zeros(1)}, "no flat dict"),
        ({"a": torch.zeros(2).to_sparse()}, "no flat dict"),
        ({"a": Hostile()}, "asks for __builtin__ print, which is no weight; nothing was run"),
        (nn.Linear(1, 1), "asks for torch.nn.modules.linear Linear, which is no weight"),
    ],
)
def test_anything_else_is_refused(tmp_path, capfd, value, words):
    path = save(tmp_path / "w.pth", value)
    with pytest.raises(ModelError, match=words) as error:
        read_pth(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert "code ran" not in capfd.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"text"])
def test_damaged_files_are_refused(tmp_path, content):
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError):
        read_pth(path)


def test_truncated_files_are_refused(tmp_path):
    whole = (DATA / "resnet9_net_G_A.pth").read_bytes()
    path = tmp_path / "w.pth"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError):
        read_pth(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ModelError, match="No such file"):
        read_pth(tmp_path / "none.pth")
    with pytest.raises(ModelError):
        read_pth(tmp_path)


def test_large_files_are_refused(tmp_path):
    path = save(tmp_path / "w.pth", {"a": torch.zeros(1000)})
    assert read_pth(path, limit=10_000)["a"].shape == (1000,)
    with pytest.raises(ModelError, match="more than the 3,000 allowed"):
        read_pth(path, limit=3000)


def test_small_archives_of_large_content_are_refused(tmp_path):
    plain = save(tmp_path / "w.pth", {"a": torch.zeros(100_000)})
    packed = tmp_path / "packed.pth"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert packed.stat().st_size < 10_000
    with pytest.raises(ModelError, match="more than the 10,000 allowed"):
        read_pth(packed, limit=10_000)


def test_small_tensors_that_pretend_to_be_large_are_refused(tmp_path):
    path = save(tmp_path / "w.pth", {"a": torch.zeros(1).expand(2**40)})
    with pytest.raises(ModelError, match="its tensors have more"):
        read_pth(path)
