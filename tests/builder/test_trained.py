"""A model file is opened by what it holds, whatever its header says."""

from __future__ import annotations

import copy
import io
import json
import random
import socket
import time
from contextlib import suppress

import pytest
import torch
from PIL import Image
from rich.console import Console
from safetensors.torch import save_file
from torch import nn
from typer.testing import CliRunner

from ganzoo import build_recipe, load_model
from ganzoo.builder.trained import open_model
from ganzoo.cli import app
from ganzoo.engine.checkpoint import read_tensors
from ganzoo.errors import GanzooError, ModelError
from ganzoo.interfaces import Network
from ganzoo.training.train import train

SHORT = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}
QUIET = Console(file=io.StringIO())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two steps, and what its model file holds."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    small = {"type": "resnet", "width": 4, "blocks": 1}
    critic = {"type": "patchgan", "width": 4, "layers": 1}
    changes = {
        **{f"networks.{name}": small for name in ("G", "F")},
        **{f"networks.{name}": critic for name in ("D_X", "D_Y")},
        "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3},
        "train.device": "cpu",
        **SHORT,
    }
    train(build_recipe("cyclegan", changes), folder, console=QUIET)
    return folder, *read_tensors(folder / "model.safetensors")


def written(path, tensors, header):
    """A model file with any header."""
    save_file(
        tensors,
        path,
        metadata={"ganzoo": header if isinstance(header, str) else json.dumps(header)},
    )
    return path


def changed(header, path, value):
    found = copy.deepcopy(header)
    table = found
    *before, last = path.split(".")
    for key in before:
        table = table[key]
    table[last] = value
    return found


ODD = (
    None,
    0,
    -1,
    10**30,
    1e300,
    "",
    "x",
    "G(x",
    True,
    [],
    {},
    [[]],
    {"type": "l1"},
    ["x"],
    {"x": {}},
)


def mutations(header, count):
    """The header with one or two values anywhere in it replaced, or taken out."""
    chance = random.Random(11)
    for _ in range(count):
        mutated = copy.deepcopy(header)
        for _ in range(chance.randint(1, 2)):
            table = mutated
            while True:
                key = chance.choice(list(table) if isinstance(table, dict) else range(len(table)))
                inner = table[key]
                if not inner or not isinstance(inner, (dict, list)) or chance.random() < 0.2:
                    break
                table = inner
            if isinstance(table, dict) and chance.random() < 0.2:
                del table[key]
            else:
                table[key] = copy.deepcopy(chance.choice(ODD))
            if not mutated:
                break
        yield mutated


@pytest.mark.case("E4")
def test_no_header_is_more_than_one_sentence(trained, tmp_path):
    """Whatever it holds: opened, or refused by a GanzooError that is no traceback."""
    _, header, tensors = trained
    refused = 0
    for number, mutated in enumerate(mutations(header, 1000)):
        path = written(tmp_path / f"{number}.safetensors", tensors, mutated)
        try:
            load_model(path)
        except GanzooError:
            refused += 1
    assert 500 < refused < 1000


@pytest.mark.case("E4")
@pytest.mark.parametrize(
    "header",
    [
        "[]",
        "null",
        "7",
        '"text"',
        "{",
        "[" * 100_000,
        '{"format": 1, "recipe": ' + '{"a":' * 5000 + "1" + "}" * 5001,
        '{"format": 1, "recipe": []}',
        '{"format": 1, "recipe": {}, "shared": []}',
        '{"format": 1, "recipe": {}, "shared": {"network/G": {"a": 1}}}',
        '{"format": 1, "recipe": {}, "shared": {}, "step": "many"}',
        '{"format": 1, "step": 1' + "0" * 5000 + "}",
    ],
)
def test_headers_of_another_form_are_told(trained, tmp_path, header):
    with pytest.raises(ModelError, match="this is no ganzoo model, or a damaged one"):
        load_model(written(tmp_path / "odd.safetensors", trained[2], header))


@pytest.mark.case("E9")
@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("recipe.networks.G.blocks", 10**7, "networks.G.blocks is more than 65,536 there"),
        ("recipe.networks.G.blocks", 60_000, "many more parameters than the file holds"),
        ("recipe.networks.G", {"type": "unet", "layers": 10**7}, "networks.G.layers is more than"),
        ("recipe.networks.G", {"type": "unet", "layers": 20_000}, "is halved 16 times at most"),
        ("recipe.networks.G.width", 1500, "do not fit this network"),
        ("recipe.data.size", 10**9, "3 x 1000000000 x 1000000000 values"),
        ("recipe.data.size", [8, 10**9], "3 x 8 x 1000000000 values"),
    ],
)
def test_what_a_header_asks_for_is_compared_with_the_file_first(
    trained, tmp_path, path, value, message
):
    """In a second or two, and in hardly any memory: 4.4 GB before."""
    resource = pytest.importorskip("resource")
    header = changed(trained[1], path, value)
    file = written(tmp_path / "large.safetensors", trained[2], header)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(GanzooError, match=message):
        load_model(file)
    assert time.monotonic() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB


@pytest.mark.case("E9")
def test_thousands_of_losses_take_seconds(trained, tmp_path):
    term = trained[1]["recipe"]["losses"]["cycle_X"]
    header = changed(trained[1], "recipe.losses", {f"term_{n}": term for n in range(3000)})
    start = time.monotonic()
    with suppress(ModelError):
        load_model(written(tmp_path / "many.safetensors", trained[2], header))
    assert time.monotonic() - start < 30


@pytest.mark.case("E9")
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_are_numbers(trained, tmp_path, value):
    _, header, tensors = trained
    first = next(iter(tensors))
    odd = {**tensors, first: torch.full_like(tensors[first], value)}
    with pytest.raises(
        ModelError, match=rf"'{first.split('/')[2]}' holds values that are no numbers"
    ):
        load_model(written(tmp_path / "odd.safetensors", odd, header))


@pytest.mark.case("E9")
def test_weights_are_floating(trained, tmp_path):
    _, header, tensors = trained
    first = next(iter(tensors))
    odd = {**tensors, first: torch.ones_like(tensors[first], dtype=torch.int32)}
    with pytest.raises(ModelError, match="do not fit"):
        load_model(written(tmp_path / "odd.safetensors", odd, header))


@pytest.mark.case("E8")
def test_a_file_never_causes_a_look_up(trained, tmp_path, monkeypatch):
    """Only what its user types does."""

    def refuse(*_, **__):
        raise AssertionError("a socket was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    fid = {"type": "fid", "prediction": "x2y", "target": "y", "weights": "hub"}
    cycle = {"type": "cycle_error", "prediction": "F(G(x))", "target": "x"}
    header = changed(trained[1], "recipe.metrics", {"fid": fid, "cycle": cycle})
    file = written(tmp_path / "hub.safetensors", trained[2], header)
    done = CliRunner().invoke(app, ["evaluate", str(file)])
    assert done.exit_code == 0, done.output
    assert "metrics.fid is left out" in done.output
    assert "--set metrics.fid.weights=hub" in done.output
    assert "the target of another sample" in done.output
    asked = CliRunner().invoke(app, ["evaluate", str(file), "--metric", "fid"])
    assert asked.exit_code == 2
    assert open_model(file)[0].unasked == {"fid"}
    assert not open_model(file, overrides=["metrics.fid.weights=hub"])[0].unasked
    assert not open_model(file, overrides=["metrics.fid.weights=none"])[0].unasked
    assert not open_model(file, overrides={"metrics": {}})[0].unasked


class Drop(Network):
    """Dropout alone: a module without weights."""

    in_channels = 3

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)


@pytest.mark.case("A16")
@pytest.mark.parametrize("averages", [{}, {"ema": {"decay": 0.9}}])
def test_what_was_trained_and_what_is_loaded_are_equal_in_training_mode(
    tiny, tmp_path, monkeypatch, averages
):
    """Networks without weights, whole, averaged and frozen ones: the same zeros in all of them."""
    from ganzoo.components.networks import operations

    monkeypatch.setattr(operations, "Detach", Drop)
    unet = {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5}
    tables = {
        "networks": {"G": unet, "E": {**unet, "trainable": False}, "drop": {"type": "detach"}},
        "losses": {"l1": {"type": "l1", "prediction": "G(x)", "target": "y"}},
        "outputs": {
            "dropped": {"expression": "drop(x)", "mode": "train"},
            "made": {"expression": "G(x)", "mode": "train"},
            "frozen": {"expression": "E(x)", "mode": "train"},
        },
        "data": tiny()["data"],
        "optimizers": {"default": {"type": "adam"}},
        "train": {"length": "2 steps", "device": "cpu"},
        **averages,
    }
    experiment = build_recipe(tables)
    train(experiment, tmp_path / "run", console=QUIET)
    one, two = experiment.model(), load_model(tmp_path / "run")
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    for name in one.outputs:
        assert torch.equal(one(name, x=x, seed=3), two(name, x=x, seed=3)), name
    zeros = (two("dropped", x=x, seed=3) == 0).float().mean()
    assert 0.4 < zeros < 0.6
    assert torch.equal(two("frozen", x=x, seed=1), two("frozen", x=x, seed=2))
    assert not torch.equal(two("made", x=x, seed=1), two("made", x=x, seed=2))


def test_a_callback_that_is_gone_is_not_needed_to_use_a_model(trained, tmp_path):
    folder, header, tensors = trained
    gone = changed(header, "recipe.callbacks", {"watch": {"type": "gone.watch", "every": 3}})
    model = load_model(written(tmp_path / "model.safetensors", tensors, gone))
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    assert torch.equal(model("x2y", x=x), load_model(folder)("x2y", x=x))


@pytest.mark.case("C15")
def test_a_checkpoint_opens_as_the_model_of_that_step(trained, tmp_path):
    folder = trained[0]
    checkpoint = folder / "checkpoints" / "step-00000002"
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    assert torch.equal(load_model(checkpoint)("x2y", x=x), load_model(folder)("x2y", x=x))
    away = checkpoint.rename(tmp_path / "step-00000002")
    try:
        with pytest.raises(ModelError, match=r"give --recipe RECIPE"):
            load_model(away)
        found = load_model(away, recipe=folder / "recipe.toml")
        assert torch.equal(found("y2x", y=x), load_model(folder)("y2x", y=x))
    finally:
        away.rename(checkpoint)


@pytest.mark.case("C15")
def test_a_checkpoint_of_averages_gives_the_averages(tiny, recipes, tmp_path):
    changes = {**tiny(), **SHORT, "ema": {"decay": 0.5, "warmup": False}, "train.length": "3 steps"}
    train(build_recipe(recipes / "cyclegan.toml", changes), tmp_path / "run", console=QUIET)
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    checkpoint = load_model(tmp_path / "run" / "checkpoints" / "step-00000003")
    assert torch.equal(checkpoint("x2y", x=x), load_model(tmp_path / "run")("x2y", x=x))


@pytest.mark.case("C15")
def test_a_reference_file_opens_by_a_recipe(trained, tmp_path):
    folder = trained[0]
    model = load_model(folder)
    torch.save(model.networks["F"].state_dict(), tmp_path / "latest_net_G_B.pth")
    y = torch.rand(1, 3, 16, 16) * 2 - 1
    found = load_model(tmp_path / "latest_net_G_B.pth", recipe=folder / "recipe.toml", network="F")
    assert list(found.outputs) == ["y2x"]
    assert torch.equal(found(y=y), model("y2x", y=y))
    with pytest.raises(ModelError, match="--recipe"):
        load_model(tmp_path / "latest_net_G_B.pth")
    with pytest.raises(ModelError, match="no network 'H'"):
        load_model(tmp_path / "latest_net_G_B.pth", recipe=folder / "recipe.toml", network="H")
    with pytest.raises(ModelError, match="do not fit"):
        load_model(
            tmp_path / "latest_net_G_B.pth",
            recipe=folder / "recipe.toml",
            overrides=["networks.G.blocks=2"],
        )


@pytest.mark.case("C15")
def test_a_reference_file_is_translated_and_evaluated(trained, tmp_path):
    """By the recipe and the network that its user names; metrics of other outputs are left out."""
    torch.save(load_model(trained[0]).networks["F"].state_dict(), tmp_path / "latest_net_G_B.pth")
    words = [str(tmp_path / "latest_net_G_B.pth"), "--recipe", str(trained[0]), "--network", "F"]
    quality = '{ type = "psnr", prediction = "y2x", target = "x" }'
    for name, other in (("quality", quality), ("other", quality.replace("y2x", "x2y"))):
        words += ["--set", f"metrics.{name}={other}"]
    done = CliRunner().invoke(app, ["evaluate", *words])
    assert done.exit_code == 0, done.output
    assert "metrics.other is left out: the file does not make the output x2y" in done.output
    assert "psnr" in done.output
    Image.new("RGB", (20, 18), "teal").save(tmp_path / "in.png")
    paths = [str(tmp_path / "in.png"), str(tmp_path / "out.png")]
    done = CliRunner().invoke(app, ["translate", words[0], *paths, *words[1:5]])
    assert done.exit_code == 0, done.output
    assert Image.open(tmp_path / "out.png").size == (20, 18)


@pytest.mark.case("C15")
def test_a_run_without_a_model_names_its_checkpoint(trained, tmp_path):
    import shutil

    run = shutil.copytree(trained[0], tmp_path / "run")
    (run / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"its last state is .*step-00000002"):
        load_model(run)


def test_a_folder_without_a_model_is_refused_by_its_name(tmp_path):
    """And not by that of a file in it that nobody typed."""
    with pytest.raises(ModelError) as caught:
        load_model(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: this folder holds no model: neither model.safetensors nor "
        "state.safetensors; see: ganzoo list runs"
    )
