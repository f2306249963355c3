"""What is nearly a known network is refused: the nearest settings, and what disagrees."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from ganzoo.errors import ModelError
from ganzoo.importing.import_model import import_model

sys.path.insert(0, str(Path(__file__).parent))
from published_modules import Attention, Residual, Skips
from published_transformer import ModulatedUNet


def without(name):
    return lambda state: state.pop(name)


def reshaped(name, *shape):
    return lambda state: state.update({name: torch.zeros(shape)})


def added(name, *shape):
    return reshaped(name, *shape)


def renamed(before, after):
    def change(state):
        for name in [n for n in state if n.startswith(before)]:
            state[name.replace(before, after)] = state.pop(name)

    return change


MISSES = {
    "another width after the blocks": (
        lambda: Residual(blocks=9),
        reshaped("model.19.weight", 20, 8, 3, 3),
        ("resnet", "blocks = 9", "model.19.weight is (20, 8, 3, 3) and not (16, 8, 3, 3)"),
    ),
    "a convolution lacks": (
        Residual,
        without("model.10.conv_block.5.weight"),
        ("resnet", "model.10.conv_block.5.weight (16, 16, 3, 3) is missing"),
    ),
    "a tensor too much": (
        Residual,
        added("model.4.gain", 8),
        ("resnet", "model.4.gain (8,) is not part of it"),
    ),
    "a kernel of 5 in the blocks": (
        Residual,
        reshaped("model.11.conv_block.1.weight", 16, 16, 5, 5),
        ("resnet", "model.11.conv_block.1.weight is (16, 16, 5, 5) and not (16, 16, 3, 3)"),
    ),
    "affine norm in one place": (
        Residual,
        added("model.5.weight", 8),
        ('norm = "instance"', "model.5.weight (8,) is not part of it"),
    ),
    "a blur of five pixels": (
        lambda: Residual(blur="down up"),
        reshaped("model.7.filt", 8, 1, 5, 5),
        ('downsampling = "blurred"', "model.7.filt is (8, 1, 5, 5) and not (8, 1, 3, 3)"),
    ),
    "a U-Net with another innermost width": (
        lambda: Skips(levels=5),
        reshaped("model.model.1.model.3.model.3.model.3.model.1.weight", 9, 16, 4, 4),
        ("unet", "layers = 5", "is (9, 16, 4, 4) and not (16, 16, 4, 4)"),
    ),
    "a U-Net without its last bias": (
        lambda: Skips(levels=5),
        without("model.model.3.bias"),
        ("unet", "model.model.3.bias (3,) is missing"),
    ),
    "masks that do not go with the images": (
        Attention,
        reshaped("deconv3_attention.bias", 9),
        ("attention_resnet", "deconv3_attention.bias is (9,) and not (10,)"),
    ),
    "half the mobile convolutions": (
        lambda: Attention(mobile=True),
        renamed("resnet_blocks.1.conv2.conv.2.", "resnet_blocks.1.conv2.conv.3."),
        (
            "separable = true",
            "resnet_blocks.1.conv2.conv.3.weight (16, 16, 1, 1) is not part of it",
        ),
    ),
    "a transformer without a modulation": (
        ModulatedUNet,
        without("net.modnet.deconv.block.style_block2.re_alpha"),
        ("vit_unet", "net.modnet.deconv.block.style_block2.re_alpha (1,) is missing"),
    ),
    "a decoder of another code": (
        lambda: Residual(halves=True),
        renamed("decoder.model.3.", "decoder.model.9."),
        ("resnet", "decoder.model.9."),
    ),
}


@pytest.mark.parametrize("miss", MISSES)
def test_a_near_miss_names_the_nearest_and_what_disagrees(tmp_path, miss):
    make, change, words = MISSES[miss]
    state = make().state_dict()
    change(state)
    torch.save(state, tmp_path / "net_G.pth")
    with pytest.raises(ModelError) as error:
        import_model([tmp_path / "net_G.pth"], tmp_path / "model.safetensors")
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'net_G.pth'}: no network that ganzoo knows: nearest is")
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert not (tmp_path / "model.safetensors").exists()


def test_names_of_nobody_are_quoted(tmp_path):
    state = {f"stage.{i}.gamma": torch.zeros(i + 1) for i in range(5)}
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(ModelError, match=r"its 5 tensors .* \(stage.0.gamma \(1,\), stage.1.gamma"):
        import_model([tmp_path / "odd.pth"], tmp_path / "model.safetensors")


def test_two_generators_of_one_direction_are_refused(tmp_path):
    for name in ("one_net_G_A", "two_net_G_A"):
        torch.save(Residual().state_dict(), tmp_path / f"{name}.pth")
    files = sorted(tmp_path.glob("*.pth"))
    with pytest.raises(ModelError, match="two_net_G_A and one_net_G_A are generators of one dir"):
        import_model(files, tmp_path / "model.safetensors")


def test_a_recipe_of_other_outputs_is_refused(tmp_path):
    files = [tmp_path / f"net_G_{side}.pth" for side in "AB"]
    for file in files:
        torch.save(Residual().state_dict(), file)
    with pytest.raises(ModelError, match="pix2pix has 1 outputs of one network, and there are 2"):
        import_model(files, tmp_path / "model.safetensors", recipe="pix2pix")
