"""An output as one module of tensors: the values of the model, at every size and in any form."""

import dataclasses

import pytest
import torch

import ganzoo
from ganzoo.components.networks.open_sizes import open_sizes
from ganzoo.components.networks.same_size import same_size
from ganzoo.errors import ModelError
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.inference.exporting.pixel_form import PixelForm
from ganzoo.inference.exporting.tracing import trace
from ganzoo.interfaces.levels import to_levels

SIZES = [(1, 1), (5, 2), (17, 17), (33, 100), (61, 75), (64, 64), (63, 1)]
SMALL = {"networks.G.width": 2, "networks.G.blocks": 1, "networks.F.width": 2}


@pytest.fixture(scope="module")
def model():
    return ganzoo.build_recipe("cyclegan", {**SMALL, "networks.F.blocks": 1}).model()


def images(height, width, channels=3, count=1):
    rng = torch.Generator().manual_seed(height * 1000 + width)
    return torch.rand(count, channels, height, width, generator=rng) * 2 - 1


@pytest.mark.parametrize(("multiple", "smallest"), [(1, 1), (4, 8), (2, 5), (16, 16), (3, 7)])
def test_open_sizes_pad_and_crop_as_others(multiple, smallest):
    """Bit for bit, where a side is mirrored, replicated or left alone."""

    def body(padded):
        seen.append(padded)
        return padded * 2

    for height, width in SIZES:
        seen = []
        x = images(height, width)
        expected = same_size(body, x, multiple, smallest)
        with open_sizes():
            assert torch.equal(same_size(body, x, multiple, smallest), expected)
        assert torch.equal(*seen)


def test_its_values_are_the_models(model):
    graph = ExportedOutput(model, "y2x")
    assert [(each.name, each.axes) for each in graph.inputs] == [("y", ("N", 3, "H", "W"))]
    for height, width in SIZES[1:]:
        y = images(height, width)
        assert torch.allclose(graph(y), model("y2x", y=y), rtol=0, atol=1e-5)


@pytest.mark.parametrize("channels", ["first", "last"])
def test_pixels_are_read_and_written_as_files_are(model, channels):
    graph = ExportedOutput(model, "x2y", PixelForm("uint8", channels))
    levels = to_levels(images(21, 34))
    expected = to_levels(model("x2y", x=levels))
    if channels == "last":
        levels, expected = levels.movedim(1, -1), expected.movedim(1, -1)
    off = (graph(levels).int() - expected.int()).abs()
    assert off.max() <= 1  # a level, where rounding lies between two
    assert off.float().mean() < 0.01


def test_pixels_of_another_range(model):
    """-50 is black and 150 white: 25 is -0.25, and values outside become the ends."""
    ranged = {
        name: dataclasses.replace(each, range=(-50.0, 150.0)) if name in "xy" else each
        for name, each in model.variables.items()
    }
    other = dataclasses.replace(model, variables=ranged)
    graph = ExportedOutput(other, "x2y", PixelForm("float32", "first"))
    values = torch.tensor([-50.0, 150.0, 25.0, -80.0, 170.0])
    assert graph.inputs[0].read(values).tolist() == pytest.approx([-1, 1, -0.25, -1, 1])
    assert graph.write(torch.tensor([-1, 1, -0.25, 1.5])).tolist() == [-50, 150, 25, 150]
    with pytest.raises(ValueError, match=r"x is read from values of -50 ... 150, which uint8"):
        ExportedOutput(other, "x2y", PixelForm("uint8"))


def test_networks_stay_as_they_are(model):
    model.networks["G"].train()
    graph = ExportedOutput(model, "x2y", dtype=torch.bfloat16)
    assert model.networks["G"].training
    assert model.dtype == torch.float32
    assert graph(images(16, 16)).dtype == torch.float32


def test_a_traced_program_takes_every_size(model):
    graph = ExportedOutput(model, "x2y")
    program = trace(graph).module()
    for (height, width), count in zip(SIZES[1:], (1, 2, 3, 1, 2, 1), strict=True):
        x = images(height, width, count=count)
        assert torch.allclose(program(x), graph(x), rtol=0, atol=1e-6)


def test_a_network_that_branches_on_a_size_is_refused(model):
    class Branching(torch.nn.Module):
        def forward(self, images):
            return images if images.shape[-1] > 40 else -images

    other = dataclasses.replace(model, networks={**model.networks, "G": Branching()})
    with pytest.raises(ModelError, match=r"'G\(x\)' cannot be exported: torch cannot trace it"):
        trace(ExportedOutput(other, "x2y"))


def test_what_no_graph_holds_is_refused(recipes, model):
    dropping = ganzoo.build_recipe("pix2pix", {"networks.G.width": 2}).model()
    with pytest.raises(ModelError, match=r"mode is train, so BatchNorm2d in G works"):
        ExportedOutput(dropping)
    still = {"networks.G.width": 2, "outputs.x2y.mode": "eval"}
    assert ExportedOutput(ganzoo.build_recipe("pix2pix", still).model()).output_name == "x2y"
    with pytest.raises(ModelError, match="sped up already"):
        ExportedOutput(model.speed_up(), "x2y")
    cogan = ganzoo.build_recipe("cogan").model()
    with pytest.raises(ModelError, match="LatentSearch makes it in several steps"):
        ExportedOutput(cogan, next(n for n, each in cogan.outputs.items() if each.component))
