"""Faster copies give the same results, whatever a network is made of."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch._dynamo.exc import BackendCompilerFailed
from typer.testing import CliRunner

from ganzoo import list_components
from ganzoo.builder import opening
from ganzoo.cli import app
from ganzoo.components.networks.padding import ReflectionPad
from ganzoo.components.networks.resnet import ResNet
from ganzoo.engine.precision import ChosenPrecision
from ganzoo.errors import GanzooError
from ganzoo.expression import parse
from ganzoo.inference import fast_network, speeding, winograd
from ganzoo.inference.fast_network import COMPILED_SIZES, FastNetwork
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.resting import resting_modules
from ganzoo.interfaces import Variable
from ganzoo.registry import extras

SIZE = 40
GENERATORS = [
    part
    for part in list_components("generator")
    if part.package == "ganzoo-core" and part.name not in ("dcgan", "coupled")
]


@pytest.fixture(autouse=True)
def winograd_of_small_images(monkeypatch):
    monkeypatch.setattr(winograd, "PIXELS", 1)
    monkeypatch.setattr(winograd, "CHANNELS", 8)


def model_of(network, wire="f(x)", train_mode=False):
    networks = {"f": network.train()}
    output = {"out": OutputWire(parse(wire), train_mode)}
    variables = {"x": Variable(size=(SIZE, SIZE))}
    return Model(networks, output, variables, {}, resting_modules(networks))


def images(count=2, size=SIZE):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def resnet(**settings):
    torch.manual_seed(0)
    return ResNet(**{"width": 8, "blocks": 2, **settings})


@pytest.mark.parametrize("part", GENERATORS, ids=lambda part: part.name)
def test_every_generator_gives_the_same(part):
    torch.manual_seed(0)
    network = part.load()()
    model, x = model_of(network), images()
    torch.testing.assert_close(model.speed_up()(x=x), model(x=x), atol=1e-4, rtol=0)
    half = model.speed_up("bf16")(x=x)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, model(x=x), atol=0.2, rtol=0)


@pytest.mark.parametrize(
    "settings",
    [
        {"norm": "batch"},
        {"norm": "group", "padding": "replicate"},
        {"norm": "layer", "upsampling": "resize", "padding": "zero"},
    ],
)
def test_every_norm_and_padding_gives_the_same(settings):
    model, x = model_of(resnet(**settings)), images(1, 37)
    torch.testing.assert_close(model.speed_up()(x=x), model(x=x), atol=1e-5, rtol=0)


def test_convolutions_multiply_less_often_on_a_cpu_in_float32_alone():
    kinds = [type(m) for m in model_of(resnet()).speed_up().networks["f"].modules()]
    assert kinds.count(winograd.WinogradConv2d) == 4
    half = model_of(resnet()).speed_up("bf16").networks["f"]
    assert winograd.WinogradConv2d not in [type(module) for module in half.modules()]


def test_the_model_itself_stays_as_it_is():
    model = model_of(resnet())
    before = {name: tensor.clone() for name, tensor in model.networks["f"].state_dict().items()}
    for precision in ("float32", "bf16"):
        fast = model.speed_up(precision)
        fast(x=images())
        assert (fast.dtype, fast.precision) == (torch.float32, precision)
    after = model.networks["f"].state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert all(p.requires_grad and p.is_contiguous() for p in model.networks["f"].parameters())
    with pytest.raises(ValueError, match="sped up already"):
        fast.speed_up()


def test_networks_that_share_weights_still_do():
    shared = nn.Conv2d(16, 16, 3, padding=1)
    networks = {"f": nn.Sequential(nn.Conv2d(3, 16, 1), shared), "g": nn.Sequential(shared)}
    outputs = {"out": OutputWire(parse("g(f(x))"))}
    model = Model(networks, outputs, {"x": Variable(size=(SIZE, SIZE))}, {})
    fast = model.speed_up()
    assert fast.networks["f"].network[1].convolution is fast.networks["g"].network[0].convolution
    torch.testing.assert_close(fast(x=images()), model(x=images()), atol=1e-5, rtol=0)


def test_in_bf16_weights_are_cast_once_and_paddings_are_not_widened(monkeypatch):
    padded = []
    real = ReflectionPad.forward
    monkeypatch.setattr(
        ReflectionPad, "forward", lambda self, x: padded.append(x.dtype) or real(self, x)
    )
    fast = model_of(resnet()).speed_up("bf16")
    fast(x=images())
    weights = [p for p in fast.networks["f"].parameters() if p.dim() == 4]
    assert {weight.dtype for weight in weights} == {torch.bfloat16}
    # Those after a norm, which autocast leaves as it is; the first pads the images themselves.
    assert padded == [torch.float32, *[torch.bfloat16] * 5]


def test_a_network_that_differentiates_stays_in_full_precision():
    network = resnet()
    network.differentiates = ("",)
    model = model_of(network)
    fast = model.speed_up("bf16")
    torch.testing.assert_close(fast(x=images()), model(x=images()), atol=1e-5, rtol=0)


class Viewing(nn.Module):
    """Flattens pixels by `view`, which needs channels outermost."""

    def __init__(self):
        super().__init__()
        self.convolution, self.calls = nn.Conv2d(3, 16, 3), 0
        self.second = nn.Conv2d(16, 16, 3)

    def forward(self, x):
        self.calls += 1
        features = self.second(self.convolution(x))
        return features.view(len(x), -1)[:, :3, None, None].expand_as(x)


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_network_that_needs_the_plain_layout_gets_it(precision):
    model = model_of(Viewing())
    fast = model.speed_up(precision)
    for _ in range(2):
        torch.testing.assert_close(fast(x=images()), model(x=images()), atol=0.01, rtol=0)
    assert fast.networks["f"].network.calls == 3  # one was in vain


def test_dropout_drops_the_same_and_resting_modules_rest():
    network = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))
    model = model_of(network, train_mode=True)
    fast = model.speed_up()
    assert torch.equal(fast(x=images(), seed=3), model(x=images(), seed=3))
    network[1].eval()
    resting = model_of(network, train_mode=True)
    resting.networks["f"][1].eval()
    model.resting = resting_modules({"f": network})
    assert model.speed_up().resting == {"f": frozenset({"network.1", "network.1.0"})}
    assert torch.equal(model.speed_up()(x=images(), seed=3), model(x=images(), seed=3))


def test_heads_can_be_called():
    network = resnet(layers=(0, 4))
    expected = network.eval().features(images())
    with torch.no_grad():
        features = FastNetwork(network, False, False).features(images())
        for one, other in zip(features, expected, strict=True):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


@pytest.fixture
def compilations(monkeypatch):
    """What torch.compile was asked for; nothing is compiled."""
    asked = []

    def compile_(network, **settings):
        asked.append((network, settings))
        sizes = []
        asked[-1] += (sizes,)
        return lambda x: sizes.append((x.shape[-1], network.training)) or network(x)

    monkeypatch.setattr(fast_network.torch, "compile", compile_)
    return asked


def test_only_the_first_sizes_are_compiled(compilations):
    model = model_of(nn.Conv2d(3, 3, 3, padding=1))
    fast = model.speed_up(compiled=True)
    sizes = [16, 20, 16, 24, 28, 32, 20]
    assert len({*sizes}) > COMPILED_SIZES
    for size in sizes:
        torch.testing.assert_close(fast(x=images(1, size)), model(x=images(1, size)))
    [(_, settings, compiled)] = compilations
    assert [size for size, _ in compiled] == [16, 20, 16, 24, 20]
    assert settings["dynamic"] is False
    assert settings["options"]["fallback_random"], "dropout would drop others than without"


def test_a_precision_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"no precision 'fp16': choose float32, bf16 or auto"):
        model_of(resnet()).speed_up("fp16")  # type: ignore[arg-type]


def test_without_a_compiler_it_says_so(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(GanzooError, match=r"needs the C\+\+ compiler no-such-compiler, which is"):
        model_of(resnet()).speed_up(compiled=True)


@pytest.mark.parametrize(("fast", "chosen"), [("bf16", "bf16"), ("float32", "float32")])
def test_auto_is_what_the_device_does_fast(monkeypatch, fast, chosen):
    monkeypatch.setattr(speeding, "choose_precision", lambda _, obstacle="": (
        ChosenPrecision("float32", obstacle) if obstacle else ChosenPrecision(fast, "it is so")
    ))  # fmt: skip
    assert model_of(resnet()).speed_up("auto").precision == chosen
    assert model_of(resnet().double()).speed_up("auto").precision == "float32"
    assert model_of(resnet()).speed_up("bf16").precision == "bf16"


def test_a_compiler_that_fails_is_to_blame_and_not_the_image(monkeypatch):
    def compile_(network, **settings):
        def run(*arguments):
            raise BackendCompilerFailed(compile_, OSError("no space left"), None)

        return run

    monkeypatch.setattr(fast_network.torch, "compile", compile_)
    monkeypatch.setattr(speeding, "check_compiler", lambda device: None)
    fast = model_of(resnet()).speed_up(compiled=True)
    with pytest.raises(GanzooError, match=r"--engine compile: torch cannot .* no space left"):
        fast(x=images(1, 16))


def test_the_command_says_what_it_computes_in(monkeypatch, tmp_path, compilations):
    from PIL import Image

    monkeypatch.setattr(opening, "load_onto", lambda *_, **__: model_of(resnet()))
    monkeypatch.setattr(speeding, "choose_precision", lambda *_: ChosenPrecision("float32", "so"))
    Image.new("RGB", (SIZE, SIZE)).save(tmp_path / "a.png")

    def run(*words):
        paths = [__file__, str(tmp_path / "a.png"), str(tmp_path / f"{len(words)}.png")]
        done = CliRunner().invoke(app, ["translate", *paths, *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "precision" not in run()
    assert "precision: float32, as so\n" in run("--precision", "auto")
    said = run("--precision", "bf16", "--compile")
    assert "precision: bf16, which is slow here, as so\n" in said
    assert "compiling: the first image of a size takes up to a minute\n" in said


def test_an_engine_that_is_installed_but_broken_is_named(monkeypatch):
    pytest.importorskip("onnxruntime")

    def broken(name):
        raise ImportError(f"{name}: no symbol")

    monkeypatch.setattr(extras, "import_module", broken)
    with pytest.raises(GanzooError, match=r"--engine onnxruntime needs .*but .* no symbol"):
        speeding.describe_speed(model_of(resnet()), "float32", "onnxruntime")
