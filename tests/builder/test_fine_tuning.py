"""Old weights under a changed recipe: they fit or are refused; by choice, what fits is taken."""

from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console

from ganzoo import build_recipe, load_model
from ganzoo.builder.blueprint import ComponentPlan
from ganzoo.builder.weights import start_from
from ganzoo.components.networks.patchgan import PatchGAN
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet
from ganzoo.errors import ModelError
from ganzoo.training.train import train

SHORT = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}
TWO, GRAY = {"blocks": 2}, {"in_channels": 1, "out_channels": 1}


@pytest.fixture
def old(tiny, tmp_path):
    """A run of two steps."""
    out = tmp_path / "old"
    train(build_recipe("cyclegan", {**tiny(), **SHORT}), out, console=Console(file=io.StringIO()))
    return out


def start(overrides, old_place, *names):
    places = {f"networks.{name}.weights": str(old_place) for name in names}
    return build_recipe("cyclegan", {**overrides, **SHORT, **places, "train.seed": 7})


def test_critics_come_from_the_last_checkpoint(old, tiny):
    experiment = start(tiny(), old, "G", "D_Y")
    model = load_model(old)
    for key, value in experiment.networks["G"].state_dict().items():
        assert torch.equal(value, model.networks["G"].state_dict()[key])
    [step] = (old / "checkpoints").glob("step-*")
    from_state = start(tiny(), step, "G", "D_Y").networks
    for name in ("G", "D_Y"):
        for key, value in experiment.networks[name].state_dict().items():
            assert torch.equal(value, from_state[name].state_dict()[key])
    notes = "\n".join(experiment.blueprint.warnings)
    assert "networks.G: all" in notes
    assert "networks.D_Y: all" in notes
    assert str(step / "state.safetensors") in notes


def test_a_changed_network_takes_what_fits(old, tiny):
    """One channel more at the start, a block more in the middle."""
    changed = {**tiny(), "networks.G.in_channels": 6, "networks.G.partial": True}
    changed |= {"networks.join": {"type": "concat"}}
    for term, wire, value in (
        ("adversarial_Y", "fake", "D_Y(G(join(x, x)))"),
        ("cycle_X", "prediction", "F(G(join(x, x)))"),
        ("cycle_Y", "prediction", "G(join(F(y), F(y)))"),
    ):
        changed[f"losses.{term}.{wire}"] = value
    changed |= {"outputs.x2y": "G(join(x, x))", "samples.show": ["x2y"]}
    experiment = start(changed, old, "G")
    own, before = experiment.networks["G"].state_dict(), load_model(old).networks["G"].state_dict()
    assert torch.equal(own["model.4.weight"], before["model.4.weight"])
    [note] = [note for note in experiment.blueprint.warnings if note.startswith("networks.G")]
    fitting = len(before) - 1
    assert f"{fitting} of {len(own)} tensors" in note
    assert "new: model.1.weight (4 x 6 x 7 x 7 here, 4 x 3 x 7 x 7 there)" in note


@pytest.mark.parametrize("partial", [False, True])
def test_nothing_that_fits_is_an_error(old, tiny, partial):
    other = {"networks.G": {"type": "unet", "width": 4, "layers": 3, "partial": partial}}
    with pytest.raises(ModelError, match=r"do not fit networks\.G|do not fit network 'G'"):
        start({**tiny(), **other}, old, "G")


def reference(folder, cls, **settings):
    """A `.pth` of the authors' code, whose names the core's networks have."""
    path = folder / "latest_net_G.pth"
    torch.save(cls(**settings).state_dict(), path)
    return path


@pytest.mark.case("A5")
@pytest.mark.parametrize(
    ("cls", "there", "here", "meant"),
    [
        (ResNet, {**TWO, "dropout": 0.5}, TWO, "dropout = 0.5"),
        (ResNet, TWO, {**TWO, "dropout": 0.5}, "dropout = 0.0"),
        (ResNet, {"blocks": 6}, {"blocks": 9}, "blocks = 6"),
        (ResNet, {"blocks": 3, "dropout": 0.5}, TWO, "blocks = 3, dropout = 0.5"),
        (ResNet, {**TWO, "width": 8}, TWO, "width = 8"),
        (ResNet, {**TWO, "norm": "batch"}, TWO, 'norm = "batch"'),
        (ResNet, {**TWO, **GRAY}, TWO, "in_channels = 1, out_channels = 1"),
        (UNet, {"layers": 4}, {"layers": 3}, "layers = 4"),
        (PatchGAN, {"layers": 3}, {"layers": 1}, "layers = 3"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_likely_setting(
    tmp_path, cls, there, here, meant
):
    settings = {"width": 4, **here}
    plan = ComponentPlan("generator", "part", cls, settings, "networks.G")
    file = reference(tmp_path, cls, **{"width": 4, **there})
    network = cls(**settings)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(ModelError, match=r"do not fit networks\.G") as caught:
        start_from(network, "G", str(file), plan)
    told, advice = str(caught.value).splitlines()
    own, stored = before, cls(**{"width": 4, **there}).state_dict()
    told_of = [name for name in own if not name.endswith("num_batches_tracked")]
    fits = [n for n in told_of if n in stored and stored[n].shape == own[n].shape]
    assert set(told.partition("looks like ")[2].split(", ")) == set(meant.split(", "))
    assert f": {len(fits)} of {len(told_of)} tensors do" in told
    assert advice == "  networks.G.partial = true takes what fits"
    assert all(torch.equal(network.state_dict()[name], before[name]) for name in before)


@pytest.mark.case("A5")
def test_a_file_that_no_setting_explains_is_refused_by_name(tmp_path):
    """Anti-aliased layers hold a filter, which no network here has."""
    file = reference(tmp_path, ResNet, width=4, blocks=1)
    stored = torch.load(file, weights_only=True)
    torch.save({**stored, "model.5.filt": torch.ones(8, 1, 3, 3)}, file)
    network = ResNet(width=4, blocks=1)
    plan = ComponentPlan("generator", "resnet", ResNet, {"width": 4, "blocks": 1}, "networks.G")
    with pytest.raises(ModelError, match=r"'model.5.filt' is missing here, 8 x 1 x 3 x 3 there"):
        start_from(network, "G", str(file), plan)
    own = len(network.state_dict())
    note = start_from(network, "G", str(file), plan, partial=True)
    assert note.startswith(f"networks.G: {own} of {own} tensors (left: model.5.filt) from")


@pytest.mark.case("A5")
def test_a_recipe_refuses_it_in_python_and_when_it_is_used(tiny, tmp_path):
    file = reference(tmp_path, ResNet, width=4, blocks=1, dropout=0.5)
    with pytest.raises(ModelError, match=r"the file looks like dropout = 0\.5"):
        start(tiny(), file, "G")
    with pytest.raises(ModelError, match=r"the file looks like dropout = 0\.5"):
        load_model(file, recipe="cyclegan", network="G", overrides=tiny())
    taken = {**tiny(), "networks.G.partial": True}
    notes = start(taken, file, "G").blueprint.warnings
    [note] = [note for note in notes if note.startswith("networks.G")]
    assert "(new: model.10.conv_block.5.weight" in note


def test_what_a_file_holds_is_told(old, tiny, tmp_path):
    with pytest.raises(ModelError, match="holds no network 'D_X'; it holds F, G"):
        start(tiny(), old / "model.safetensors", "D_X")
    with pytest.raises(ModelError, match="there is no such file"):
        start(tiny(), tmp_path / "gone", "G")


def test_a_resume_does_not_read_the_file_again(old, tiny, tmp_path):
    """The checkpoint holds everything, and the file may be gone."""
    copy = tmp_path / "start.safetensors"
    copy.write_bytes((old / "model.safetensors").read_bytes())
    settings = {**tiny(), **SHORT, "networks.G.weights": str(copy)}
    quiet = Console(file=io.StringIO())
    train(build_recipe("cyclegan", settings), tmp_path / "run", console=quiet)
    copy.unlink()
    longer = {**settings, "train.length": "3 steps"}
    again = build_recipe("cyclegan", longer, start=False)
    assert train(again, tmp_path / "run", resume=True, console=quiet).step == 3


def test_a_resume_starts_frozen_networks_again(old, tiny):
    """No checkpoint holds them."""
    frozen = {**tiny(), **SHORT, "networks.F.trainable": False}
    for more in ({}, {"networks.F.weights": str(old)}):
        first = build_recipe("cyclegan", {**frozen, **more}).networks["F"].state_dict()
        again = build_recipe("cyclegan", {**frozen, **more}, start=False).networks["F"].state_dict()
        assert all(torch.equal(first[key], again[key]) for key in first)


def test_averages_are_what_a_model_file_holds(tiny, tmp_path):
    settings = {**tiny(), **SHORT, "ema.decay": 0.9, "ema.warmup": False}
    quiet = Console(file=io.StringIO())
    experiment = build_recipe("cyclegan", settings)
    train(experiment, tmp_path / "run", console=quiet)
    kept = load_model(tmp_path / "run").networks["G"].state_dict()
    averaged, last = experiment.averages["G"].state_dict(), experiment.networks["G"].state_dict()
    assert all(torch.equal(kept[key], averaged[key]) for key in kept)
    assert not torch.equal(kept["model.1.weight"], last["model.1.weight"])
