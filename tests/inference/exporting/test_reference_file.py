"""Weights back to the authors' code: every byte of every tensor, and networks that it has not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import ganzoo
from ganzoo.components.networks.reference import read_pth
from ganzoo.errors import GanzooError, ModelError
from ganzoo.inference.exporting.reference_file import export_reference, make_reference

DATA = Path(__file__).parent.parent.parent / "data"
RESNET = ["networks.G.width=8", "networks.G.blocks=9", "networks.G.kernel=7"]
UNET = ['networks.G={ type = "unet", width = 4, layers = 7 }']
SMALL = {"networks.F.width": 2, "networks.G.width": 4, "networks.G.blocks": 6}
OPTIONS = {
    "resnet9": "--model test --netG resnet_9blocks --ngf 8 --norm instance --input_nc 3 "
    "--output_nc 3 --no_dropout",
    "unet128": "--model test --netG unet_128 --ngf 4 --norm batch --input_nc 3 --output_nc 3",
}


@pytest.mark.parametrize(
    ("tag", "settings"),
    [("resnet9", RESNET), ("resnet9_old", RESNET), ("unet128", UNET)],
)
def test_there_and_back(tag, settings, tmp_path):
    """From a golden file through a ganzoo model to a file that torch itself reads."""
    source = DATA / f"{tag}_net_G_A.pth"
    model = ganzoo.load_model(source, recipe="cyclegan", network="G", overrides=settings)
    written = export_reference(model, tmp_path / "latest_net_G.pth", "x2y")
    there = torch.load(tmp_path / "latest_net_G.pth", weights_only=True)
    before = read_pth(source)
    assert there.keys() == before.keys()
    for name, tensor in before.items():
        assert there[name].dtype == tensor.dtype
        assert there[name].numpy().tobytes() == tensor.numpy().tobytes()
    assert written.network == "G"
    assert written.options == OPTIONS[tag.removesuffix("_old")]


def test_nothing_is_overwritten(tmp_path):
    model = ganzoo.build_recipe("cyclegan", {**SMALL, "networks.G.kernel": 7}).model()
    path = tmp_path / "G.pth"
    path.write_bytes(b"mine")
    with pytest.raises(GanzooError, match="already exists"):
        export_reference(model, path)
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"networks.G.kernel": 5}, r"kernel = 5 \(there: 7\)"),
        ({"networks.G.norm": "group"}, r"norm = group \(there: instance or batch or none\)"),
        ({"networks.G.blocks": 3, "networks.G.padding": "zero"}, "blocks = 3 .*, padding = zero"),
        ({"networks.G.dropout": 0.1}, r"dropout = 0.1 \(there: 0 or 0.5\)"),
        ({"networks.G.skip": "input"}, "skip = input"),
        ({"networks.G.downsampling": "blurred"}, r"downsampling = blurred \(there: strided\)"),
        ({"networks.G.norm": "none"}, r"bias = True \(there: False\)"),
        ({"networks.G": {"type": "recolour"}}, "has ResNet and UNet, and no Recolour"),
        ({"outputs.x2y": "F(G(x))"}, "holds the weights of one network"),
    ],
)
def test_what_the_authors_have_not_is_named(settings, reason):
    model = ganzoo.build_recipe("cyclegan", {**SMALL, "networks.G.kernel": 7, **settings}).model()
    with pytest.raises(ModelError, match=reason):
        make_reference(model, "x2y")


def test_a_model_without_a_recipe(tmp_path):
    model = ganzoo.build_recipe("cyclegan", SMALL).model()
    from dataclasses import replace

    from ganzoo.inference.origin import UNKNOWN

    with pytest.raises(ModelError, match="its settings are not known"):
        make_reference(replace(model, origin=UNKNOWN), "x2y")
