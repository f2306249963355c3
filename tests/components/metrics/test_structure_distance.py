"""Structure distance by hand, by a second implementation, and from files of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, interpolate

from ganzoo.components.metrics import self_similarity
from ganzoo.components.metrics.structure_distance import StructureDistance
from ganzoo.components.networks.tiny_backbone import TinyBackbone

DINO = "vit_small_patch16_224.dino"
SCORE = "structure_efficientnet_lite0_untrained"


def images(count: int, seed: int, channels: int = 3, size: tuple[int, int] = (40, 48)) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, channels, 5, 6, generator=rng) * 2 - 1
    return interpolate(coarse, size, mode="bilinear")


class Colours(nn.Module):
    """A network whose features are the colours themselves."""

    feature_info = ({"module": "same", "reduction": 1, "num_chs": 3},)

    def __init__(self) -> None:
        super().__init__()
        half = (0.5, 0.5, 0.5)
        self.pretrained_cfg = {"mean": half, "std": half, "input_size": (3, 32, 32)}
        self.same = nn.Identity()

    def forward_features(self, x: Tensor) -> Tensor:
        result: Tensor = self.same(x)
        return result


def halves(left: list[float], right: list[float]) -> Tensor:
    image = torch.tensor(left)[:, None, None].expand(3, 32, 32).clone()
    image[:, :, 16:] = torch.tensor(right)[:, None, None]
    return image[None]


def test_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours at right angles are 0 alike; opposite ones -1; of all pairs half lie across."""
    monkeypatch.setattr(self_similarity, "load_backbone", lambda *_, **__: Colours())
    metric = StructureDistance("colours", "none", 32)
    flat, angle = halves([0, 1, 0], [0, 1, 0]), halves([1, 0, 0], [0, 1, 0])
    opposite = halves([0, 0, 0.5], [0, 0, -0.5])
    metric.update(flat, angle)  # 0.5 (1 - 0)²
    metric.update(opposite, angle)  # 0.5 (-1 - 0)²
    metric.update(opposite, flat)  # 0.5 (-1 - 1)²
    metric.update(halves([0, 1, 1], [1, 0, 0]), angle)  # other colours, one structure
    [(name, values)] = metric.sample_scores().items()
    assert name == "structure_colours_untrained"
    assert values == pytest.approx([0.5, 0.5, 2.0, 0.0], abs=1e-9)
    rows = metric.compute()
    assert rows["model"] == {name: pytest.approx(0.75), "resize": 32}
    assert rows["copy the input"][name] == 0
    # angle and angle, angle and flat, flat and angle
    assert rows["the input of another sample"][name] == pytest.approx((0 + 0.5 + 0.5) / 3)


@pytest.fixture(scope="module")
def dino(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """DINO's architecture with random weights, and a file of them as its authors name them."""
    timm = pytest.importorskip("timm")
    torch.manual_seed(3)
    network = timm.create_model(DINO, num_classes=0).eval()
    path = tmp_path_factory.mktemp("dino") / "dino_deitsmall16_pretrain.pth"
    torch.save(network.state_dict(), path)
    return network, path


def keys_by_matrices(network: Any, image: Tensor) -> Tensor:
    """The keys (T, d) of the last block, by the network's matrices, without its hooks."""
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    std = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    shown = interpolate(image[None], (224, 224), mode="bilinear", antialias=True)
    patches = network.patch_embed(((shown + 1) / 2 - mean) / std)
    tokens = torch.cat([network.cls_token, patches], 1) + network.pos_embed
    for block in network.blocks[:-1]:
        tokens = block(tokens)
    last = network.blocks[-1]
    width = tokens.shape[-1]
    weight, bias = (each[width : 2 * width] for each in last.attn.qkv.parameters())
    return (last.norm1(tokens) @ weight.T + bias)[0]


@torch.no_grad()
def test_dino_is_the_paper_s(dino: tuple[Any, Path]) -> None:
    network, path = dino
    one, two = images(1, 0, size=(64, 80)), images(1, 1, size=(64, 80))
    metric = StructureDistance(DINO, str(path))
    metric.update(one, two)
    keys = [keys_by_matrices(network, image[0]) for image in (one, two)]
    first, second = (cosine_similarity(k[:, None], k[None], dim=2) for k in keys)
    assert first.shape == (197, 197)  # 14 x 14 patches and the class token
    wanted = float((first - second).norm() ** 2 / 197**2)
    assert wanted > 1e-5
    assert metric.sample_scores() == {"structure_dino_vits16": pytest.approx([wanted], rel=1e-3)}


def test_dino_of_8_pixels_has_a_place_for_each_patch() -> None:
    pytest.importorskip("timm")
    metric = StructureDistance("vit_small_patch8_224.dino", "none", 64)
    assert metric.score == "structure_dino_vits8_untrained"
    assert metric.describe(images(1, 0))[0].shape == (65, 65)
    assert StructureDistance("vit_base_patch8_224.dino", "hub").score == "structure_dino_vitb8"
    with pytest.raises(ValueError, match="multiple of 8"):
        StructureDistance("vit_small_patch8_224.dino", "none", 100).describe(images(1, 0))


@torch.no_grad()
def test_a_convolutional_network_is_its_level_s_features() -> None:
    timm = pytest.importorskip("timm")
    one, two = images(1, 0), images(1, 1)
    metric = StructureDistance(weights="none", size=64)
    metric.update(one, two)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        whole = timm.create_model("tf_efficientnet_lite0", num_classes=0)
    levels = timm.create_model("tf_efficientnet_lite0", features_only=True, out_indices=[2])
    own = levels.state_dict()
    levels.load_state_dict({k: v for k, v in whole.state_dict().items() if k in own})
    theirs = []
    for image in (one, two):
        shown = interpolate(image, (64, 64), mode="bilinear", antialias=True)
        features = levels.eval()(shown)[0][0]  # its mean and deviation are 0.5
        assert features.shape == (40, 8, 8)
        flat = features.flatten(1).numpy()
        flat = flat / np.linalg.norm(flat, axis=0)
        theirs.append(flat.T @ flat)
    wanted = np.mean((theirs[0] - theirs[1]) ** 2)
    assert metric.sample_scores()[SCORE] == pytest.approx([wanted], rel=1e-4)


def test_the_installed_weights_tell_own_inputs_from_others() -> None:
    """Inverted colours keep the structure; another image does not."""
    pytest.importorskip("timm")
    metric, inputs = StructureDistance(size=64), images(6, 0)
    metric.update(-inputs, inputs)
    rows = metric.compute()
    score = "structure_efficientnet_lite0"
    assert rows["model"][score] < 0.7 * rows["the input of another sample"][score]
    assert metric.intervals()["model"][score][1] < rows["the input of another sample"][score]


@torch.no_grad()
def test_the_network_that_ships_is_its_third_layer_s_features() -> None:
    one, two = images(1, 0), images(1, 1)
    metric = StructureDistance("ganzoo_tiny", size=64)
    metric.update(one, two)
    network, theirs = TinyBackbone(), []
    for image in (one, two):
        values = interpolate(image, (64, 64), mode="bilinear", antialias=True)
        for convolution in network.convolutions[:2]:
            values = convolution(values).relu()
        flat = network.convolutions[2](values)[0].flatten(1)
        assert flat.shape == (64, 8 * 8)
        theirs.append(cosine_similarity(flat.T[:, None], flat.T[None], dim=2))
    wanted = float((theirs[0] - theirs[1]).square().mean())
    assert metric.sample_scores() == {"structure_ganzoo_tiny": pytest.approx([wanted], rel=1e-4)}


def test_gray_images_and_other_sizes() -> None:
    pytest.importorskip("timm")
    metric, inputs = StructureDistance(weights="none", size=64), images(2, 0, channels=1)
    metric.update(inputs.expand(-1, 3, -1, -1), inputs)
    assert metric.sample_scores()[SCORE] == [0, 0]
    larger = interpolate(inputs, (160, 192), mode="bilinear", antialias=True)
    metric.update(larger, inputs)
    assert 0 < max(metric.sample_scores()[SCORE]) < 0.01
    metric.update(torch.full((1, 3, 9, 9), torch.nan), inputs[:1])
    assert np.isfinite(metric.compute()["model"][SCORE])


def test_it_refuses() -> None:
    metric = StructureDistance(weights="none", size=64)
    for shape, said in (((1, 5, 9, 9), "other channels"), ((1, 3, 2, 9, 9), "volumes")):
        with pytest.raises(ValueError, match=said):
            metric.update(torch.zeros(shape), torch.zeros(shape))
    with pytest.raises(ValueError, match="at least 32"):
        StructureDistance(size=16)
    with pytest.raises(ValueError, match="nothing to score"):
        metric.compute()
    with pytest.raises(ValueError, match="no features of places of 'xcit_nano_12_p8_224'"):
        StructureDistance("xcit_nano_12_p8_224", "none", 64).describe(images(1, 0))


def test_what_it_is() -> None:
    assert not StructureDistance.needs_pairs
    assert StructureDistance.measures == "faithfulness"
    assert not StructureDistance().higher_is_better("structure_efficientnet_lite0")
