"""Vision transformers at another size than their own; DINOv2 as its authors and torch-fidelity."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, interpolate, layer_norm, linear, scaled_dot_product_attention

from ganzoo.components.metrics.feature_extractor import FeatureExtractor
from ganzoo.components.networks.square_backbone import load_for_square, resample

NAME = "vit_small_patch14_dinov2"


class Published(nn.Module):
    """DINOv2 ViT-S/14, written out from its weights by their published names."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, images: Tensor) -> Tensor:
        w = self.weights

        def norm(x: Tensor, name: str) -> Tensor:
            return layer_norm(x, (384,), w[f"{name}.weight"], w[f"{name}.bias"], 1e-6)

        def full(x: Tensor, name: str) -> Tensor:
            return linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

        patches = nn.functional.conv2d(
            images, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=14
        )
        rows, columns = patches.shape[2:]
        first, rest = w["pos_embed"][:, :1], w["pos_embed"][:, 1:]
        grid = rest.reshape(1, 37, 37, 384).permute(0, 3, 1, 2)
        factors = (rows + 0.1) / 37, (columns + 0.1) / 37
        grid = interpolate(grid, scale_factor=factors, mode="bicubic")
        tokens = patches.flatten(2).transpose(1, 2) + grid.permute(0, 2, 3, 1).reshape(1, -1, 384)
        x = torch.cat([(w["cls_token"] + first).expand(len(images), -1, -1), tokens], 1)
        for block in (f"blocks.{number}" for number in range(12)):
            made = full(norm(x, f"{block}.norm1"), f"{block}.attn.qkv")
            q, k, v = made.unflatten(2, (3, 6, 64)).permute(2, 0, 3, 1, 4)
            seen = scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            x = x + full(seen, f"{block}.attn.proj") * w[f"{block}.ls1.gamma"]
            wide = gelu(full(norm(x, f"{block}.norm2"), f"{block}.mlp.fc1"))
            x = x + full(wide, f"{block}.mlp.fc2") * w[f"{block}.ls2.gamma"]
        return norm(x, "norm")[:, 0]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random ones under the names of the published file, `mask_token` among them."""
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    network = timm.create_model(NAME, num_classes=0)
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn(parameter.shape)
    path: Path = tmp_path_factory.mktemp("dinov2") / "dinov2_vits14_pretrain.pth"
    torch.save({**network.state_dict(), "mask_token": torch.zeros(1, 384)}, path)
    return path


def test_dinov2_is_torch_fidelity_s(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its extractor would download the network by torch.hub, and gets `Published` instead."""
    theirs = pytest.importorskip("torch_fidelity.feature_extractor_dinov2")
    stored = torch.load(weights, weights_only=True)
    monkeypatch.setattr(torch.hub, "load", lambda *_, **__: Published(stored))
    extractor = theirs.FeatureExtractorDinoV2("dinov2-vit-s-14", ["dinov2"])
    levels = torch.randint(0, 256, (2, 3, 60, 90), dtype=torch.uint8)
    with torch.no_grad():
        wanted = extractor(levels)[0]
    ours = FeatureExtractor(NAME, str(weights), 224, "tensorflow")
    ours.open(torch.device("cpu"))
    images = [(str(number), image) for number, image in enumerate(levels / 127.5 - 1)]
    found = torch.stack(ours.extract(images))
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)
    assert found.std(0).mean() > 1e-3  # it sees that the images differ


def test_positions_of_dinov2_are_not_timm_s() -> None:
    """Whoever takes timm's resampling gets other features."""
    layers = pytest.importorskip("timm.layers")
    positions = torch.randn(1, 1 + 37**2, 8, generator=torch.Generator().manual_seed(0))
    ours, timm_s = resample(positions, 16), layers.resample_abs_pos_embed(positions, (16, 16))
    assert ours.shape == timm_s.shape == (1, 1 + 16**2, 8)
    assert torch.equal(ours[:, 0], positions[:, 0])
    assert not torch.allclose(ours, timm_s, atol=0.1)


def test_other_transformers_take_other_sizes() -> None:
    pytest.importorskip("timm")
    network = load_for_square("vit_tiny_patch16_224", "none", 64)
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 192)
    assert load_for_square("resnet10t", "none", 64)(torch.zeros(1, 3, 64, 64)).shape == (1, 512)
