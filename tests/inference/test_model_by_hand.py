"""Models without weights, and what they are asked to write."""

from __future__ import annotations

import os
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from ganzoo.components.data.image_files import save_image
from ganzoo.engine.rng import no_trace
from ganzoo.errors import GanzooError, ModelError
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable


def photo(folder):
    """A photo to translate."""
    Image.new("RGB", (9, 7), (10, 20, 30)).save(folder / "in.png")
    return folder / "in.png"


class Flip(nn.Module):
    """A network without weights."""

    def forward(self, x):
        return x.flip(-1)


def plain_model(wire, channels=3, network=None):
    """A model of one output on images, made by hand."""
    variables = {"x": Variable(channels, (8, 8))}
    return Model({"flip": network or Flip()}, {"out": OutputWire(parse(wire))}, variables, {})


@pytest.mark.parametrize(("wire", "flipped"), [("flip(x)", True), ("x", False)])
def test_a_model_without_weights(wire, flipped):
    model = plain_model(wire).to("cpu")
    assert (model.device, model.dtype) == (torch.device("cpu"), torch.float32)
    x = torch.rand(1, 3, 8, 8, dtype=torch.float64) * 2 - 1
    assert torch.equal(model(x=x), (x.flip(-1) if flipped else x).float())


def test_a_model_is_where_its_buffers_are():
    network = Flip()
    network.register_buffer("seen", torch.zeros(1, dtype=torch.int64))
    network.register_buffer("kernel", torch.zeros(1, dtype=torch.float64))
    assert plain_model("flip(x)", network=network).dtype == torch.float64


@pytest.mark.parametrize("target", ["/proc/zz.png", "in.png/out.png", "in.png/deep/out.png"])
def test_an_output_that_cannot_be_written_is_told(tmp_path, target):
    source = photo(tmp_path)
    with pytest.raises(GanzooError, match=r"\.png: cannot be written \(\w+"):
        list(translate(plain_model("flip(x)"), source, tmp_path / target))


@pytest.mark.skipif(os.name == "nt", reason="names may be long there")
def test_an_output_whose_name_is_too_long_is_told(tmp_path):
    source = photo(tmp_path)
    with pytest.raises(GanzooError, match="too long"):
        list(translate(plain_model("flip(x)"), source, tmp_path / f"{'n' * 300}.png"))


class Fewer(nn.Module):
    """Two channels out."""

    def forward(self, x):
        return x[:, :2]


def test_two_channels_are_no_picture(tmp_path):
    source = photo(tmp_path)
    with pytest.raises(ModelError, match=r"'flip\(x\)' gives 2 channels"):
        list(translate(plain_model("flip(x)", network=Fewer()), source, tmp_path / "out" / "a.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]
    with pytest.raises(ValueError, match="2 channels"):
        save_image(torch.zeros(2, 4, 4), tmp_path / "b.png")


class OnGpu(nn.Module):
    """A network as if on the second of several GPUs."""

    def parameters(self, recurse=True):
        return iter([SimpleNamespace(device=torch.device("cuda", 1))])


@pytest.mark.parametrize(
    ("network", "devices"),
    [(nn.Conv2d(3, 3, 1), ["cuda"]), (OnGpu(), ["cuda", torch.device("cuda", 1)])],
)
def test_only_the_chance_of_the_devices_in_use_is_kept(monkeypatch, network, devices):
    asked = []
    fork = lambda d, device_type="cuda": nullcontext(asked.append([device_type, *d]))  # noqa: E731
    monkeypatch.setattr(torch.random, "fork_rng", fork)
    with no_trace([network]):
        pass
    assert asked == [devices]
