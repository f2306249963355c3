"""Engines give what torch gives, at any size, and say what they cannot compute."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from ganzoo.builder import opening
from ganzoo.cli import app
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet
from ganzoo.errors import GanzooError
from ganzoo.expression import parse
from ganzoo.inference.engines import engine_network
from ganzoo.inference.engines.engine_network import EngineNetwork
from ganzoo.inference.engines.openvino_core import computes_bf16
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.resting import resting_modules
from ganzoo.inference.tiling.tiling import Tiling
from ganzoo.interfaces import Generator, Variable, head

for package in ("onnx", "onnxscript", "onnxruntime", "openvino"):
    pytest.importorskip(package)

GRAPH_ENGINES = ("onnxruntime", "openvino")
SIZES = ((40, 40), (37, 61), (1, 9), (16, 16))


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """A cache that the tests of this module share, as making a graph takes a second."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def cache(monkeypatch, graphs):
    monkeypatch.setenv("GANZOO_CACHE", graphs)


def model_of(network, wire="f(x)", train_mode=False, channels=3):
    networks = {"f": network.train()}
    output = {"out": OutputWire(parse(wire), train_mode)}
    variables = {"x": Variable(channels=channels, size=(40, 40))}
    return Model(networks, output, variables, {}, resting_modules(networks))


def resnet(**settings):
    torch.manual_seed(0)
    return ResNet(**{"width": 8, "blocks": 1, "kernel": 3, **settings})


def unet(**settings):
    torch.manual_seed(0)
    return UNet(**{"layers": 3, "width": 4, "norm": "batch", **settings})


def image(height, width, channels=3, count=1):
    rng = torch.Generator().manual_seed(height)
    return torch.rand(count, channels, height, width, generator=rng) * 2 - 1


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
@pytest.mark.parametrize(
    ("network", "channels"),
    [(resnet, 3), (lambda: unet(in_channels=1, out_channels=1), 1)],
    ids=["resnet", "unet"],
)
def test_an_engine_gives_what_torch_gives_at_any_size(network, channels, engine):
    model = model_of(network(), channels=channels)
    fast = model.speed_up(engine=engine)
    for size in SIZES:
        x = image(*size, channels, 2 if size[0] == 16 else 1)
        torch.testing.assert_close(fast(x=x), model(x=x), atol=1e-4, rtol=0)
    assert fast.networks["f"].runner.fixed_sizes == 0


def test_openvino_computes_in_bf16():
    model, x = model_of(resnet()), image(40, 40)
    if not computes_bf16():
        with pytest.raises(GanzooError, match="no bf16 arithmetic"):
            model.speed_up("bf16", engine="openvino")
        return
    half = model.speed_up("bf16", engine="openvino")(x=x)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, model(x=x), atol=0.05, rtol=0)
    assert not torch.equal(half, model.speed_up(engine="openvino")(x=x))


class Heads(Generator):
    """A network whose code looks at sizes, with a head that gives a list."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.per_sample = True

    def forward(self, images):
        if images.shape[-1] > 24:
            images = images.flip(-1)
        return self.first(images).tanh()

    @head
    def features(self, images):
        return [self.first(images)]


def test_a_network_that_looks_at_sizes_is_right_for_each_and_heads_give_lists():
    torch.manual_seed(0)
    model = model_of(Heads())
    fast = model.speed_up(engine="onnxruntime")
    for side in (24, 26):
        x = image(side, side)
        torch.testing.assert_close(fast(x=x), model(x=x), atol=1e-5, rtol=0)
    x = image(24, 24)
    fast.outputs["out"] = OutputWire(parse("f.features(x)"))
    [value] = fast.evaluate([fast.outputs["out"]], {"x": x}, 0)
    assert isinstance(value, list)
    torch.testing.assert_close(value[0], model.networks["f"].first(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("network", "train_mode", "reason"),
    [
        (lambda: resnet(dropout=0.5), True, "its Dropout works .* --set outputs.NAME.mode=eval"),
        (unet, True, "its BatchNorm2d works as in training"),
        (lambda: resnet().double(), False, "weights of float32, .* are float64"),
    ],
)
def test_what_an_engine_cannot_compute_is_refused(network, train_mode, reason):
    model = model_of(network(), train_mode=train_mode)
    with pytest.raises(GanzooError, match=f"{reason}.* take --engine eager"):
        model.speed_up(engine="openvino")(x=image(16, 16).to(model.dtype))


def test_gradients_are_refused():
    network = model_of(resnet()).speed_up(engine="onnxruntime").networks["f"]
    with pytest.raises(GanzooError, match=r"network 'f' .*gradients are computed by it"):
        network(image(16, 16).requires_grad_())


def test_a_network_that_no_engine_takes_is_refused_by_name(monkeypatch):
    class Odd(nn.Module):
        def forward(self, x):
            return x * float(x.sum())

    model = model_of(Odd())
    with pytest.raises(GanzooError, match=r"--engine onnxruntime cannot compute network 'f' \("):
        model.speed_up(engine="onnxruntime")(x=image(16, 16))


def test_tiles_are_computed_by_torch(monkeypatch):
    """Norms of a tile divide out the statistics of the whole image, which no graph does."""
    model = model_of(resnet()).speed_up(engine="onnxruntime")
    monkeypatch.setattr(engine_network.EngineNetwork, "_run", None)
    tiling = Tiling(model, model.outputs["out"], "x")
    assert tiling.reach.norms == 7
    assert tiling.run(image(40, 40)).shape == (1, 3, 40, 40)


def test_a_sped_up_model_is_not_sped_up_again():
    model = model_of(resnet()).speed_up(engine="openvino")
    assert isinstance(model.networks["f"], EngineNetwork)
    with pytest.raises(ValueError, match="sped up already"):
        model.speed_up()
    with pytest.raises(ValueError, match="no engine 'tensorrt': choose 'eager', 'compile'"):
        model_of(resnet()).speed_up(engine="tensorrt")  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
def test_the_command_translates_by_an_engine(monkeypatch, tmp_path, engine):
    import numpy as np
    from PIL import Image

    monkeypatch.setattr(opening, "load_onto", lambda *_, **__: model_of(resnet()))
    inside = tmp_path / "in"
    inside.mkdir()
    rng = np.random.default_rng(0)
    for number, size in enumerate(((40, 40), (61, 37), (50, 45))):
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(inside / f"{number}.png")

    def run(*words):
        paths = [__file__, str(inside), str(tmp_path / "-".join(("out", *words)))]
        done = CliRunner().invoke(app, ["translate", *paths, *words])
        assert done.exit_code == 0, done.output
        folder = tmp_path / "-".join(("out", *words))
        return done.output, [np.asarray(Image.open(f)) for f in sorted(folder.glob("*.png"))]

    said, pictures = run("--engine", engine)
    assert f"engine: {engine} " in said
    assert "3 translated" in said
    for one, other in zip(pictures, run()[1], strict=True):
        assert abs(one.astype(int) - other.astype(int)).max() <= 1
