"""Published generators are recognised by their names, and compute as they did."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ganzoo import load_model
from ganzoo.errors import ModelError
from ganzoo.importing.import_model import import_model

sys.path.insert(0, str(Path(__file__).parent))
from published_modules import Attention, Patches, Residual, Skips
from published_transformer import ModulatedUNet

KINDS = {
    "6 blocks": (lambda: Residual(blocks=6), {"blocks": 6, "norm": "instance"}),
    "wide": (lambda: Residual(width=6, blocks=1), {"width": 6}),
    "gray to colour": (lambda: Residual((1, 3)), {"in_channels": 1, "out_channels": 3}),
    "five bands": (lambda: Residual((5, 2)), {"in_channels": 5, "out_channels": 2}),
    "batch norm": (lambda: Residual(norm="batch"), {"norm": "batch"}),
    "no norm": (lambda: Residual(norm="none"), {"norm": "none", "bias": False}),
    "dropout": (lambda: Residual(dropout=True), {"dropout": 0.5}),
    "batch norm and dropout": (
        lambda: Residual(norm="batch", dropout=True),
        {"norm": "batch", "dropout": 0.5},
    ),
    "zeros in the blocks": (lambda: Residual(zeros=True), {"block_padding": "zero"}),
    "zeros and dropout": (
        lambda: Residual(zeros=True, dropout=True),
        {"block_padding": "zero", "dropout": 0.5},
    ),
    "three downsamplings": (lambda: Residual(downs=3), {"downsamplings": 3}),
    "blurred": (
        lambda: Residual(blur="down up"),
        {"downsampling": "blurred", "upsampling": "blurred"},
    ),
    "blurred down alone": (lambda: Residual(blur="down"), {"downsampling": "blurred"}),
    "blurred up alone": (lambda: Residual(blur="up"), {"upsampling": "blurred"}),
    "blurred without a norm": (
        lambda: Residual(blur="down up", norm="none", blocks=1),
        {"downsampling": "blurred", "bias": False},
    ),
    "halves": (lambda: Residual(halves=True), {"blocks": 2}),
    "halves, mobile": (lambda: Residual(halves=True, mobile=True), {"separable": True}),
    "halves, batch, dropout": (
        lambda: Residual(halves=True, norm="batch", dropout=True),
        {"norm": "batch", "dropout": 0.5},
    ),
    "U-Net 256": (lambda: Skips(levels=8), {"layers": 8, "norm": "batch"}),
    "U-Net of 5 levels": (lambda: Skips(levels=5, width=3), {"layers": 5, "width": 3}),
    "U-Net, instance": (lambda: Skips(levels=6, norm="instance"), {"norm": "instance"}),
    "U-Net, no norm": (lambda: Skips(levels=5, norm="none"), {"norm": "none", "bias": False}),
    "U-Net, 4 to 1 bands": (
        lambda: Skips((4, 1), levels=5),
        {"in_channels": 4, "out_channels": 1},
    ),
    "attention": (Attention, {"masks": 10, "input_masks": 1, "separable": False}),
    "attention, mobile": (lambda: Attention(mobile=True), {"separable": True}),
    "attention, four masks": (lambda: Attention(masks=4, shown=2), {"masks": 4, "input_masks": 2}),
    "transformer": (ModulatedUNet, {"widths": [4, 6], "features": 12, "heads": 6}),
    "transformer, three levels": (
        lambda: ModulatedUNet(32, (4, 6, 8), 16, 8, extra=2),
        {"widths": [4, 6, 8], "extra_tokens": 2, "heads": 8},
    ),
}


def trained(make):
    """A module with weights and statistics that are not those of its beginning."""
    torch.manual_seed(3)
    module = make().eval()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.running_mean, layer.weight.data, layer.bias.data):
                tensor.normal_(std=0.3)
            layer.running_var.uniform_(0.5, 2)
    return module


def networks_of(imported):
    return {name: network.guess for name, network in imported.networks.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_recognised_and_computes_alike(tmp_path, kind):
    make, expected = KINDS[kind]
    module = trained(make)
    torch.save(module.state_dict(), tmp_path / "net_G.pth")
    imported = import_model([tmp_path / "net_G.pth"], tmp_path / "model.safetensors")
    guess = networks_of(imported)["G"]
    assert expected.items() <= guess.settings.items()
    channels = guess.settings["in_channels"]
    side = 2 ** guess.settings["layers"] if guess.component == "unet" else guess.size or 24
    images = torch.rand(2, channels, side, side) * 2 - 1
    with torch.no_grad():
        published = module(images)
    made = load_model(tmp_path / "model.safetensors")("x2y", x=images)
    torch.testing.assert_close(made, published, atol=1e-5, rtol=0)


WRAPPERS = {
    "several GPUs": lambda state: {f"module.{k}": t for k, t in state.items()},
    "compiled": lambda state: {f"_orig_mod.{k}": t for k, t in state.items()},
    "both, inside a model": lambda state: {
        f"model.module._orig_mod.netG.{k}": t for k, t in state.items()
    },
    "a state dict beside other values": lambda state: {
        "epoch": 3,
        "state_dict": state,
        "lr": [1.0],
    },
    "a Lightning checkpoint": lambda state: {
        "epoch": 3,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": {
            **{f"netG_A.{k}": t for k, t in state.items()},
            **{f"netD_A.{k}": t for k, t in Patches().state_dict().items()},
            "criterion.weight": torch.ones(3),
        },
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(3)}}}],
    },
    "averages beside weights": lambda state: {
        "G": {k: torch.zeros_like(t) for k, t in state.items()},
        "G_ema": state,
    },
    "half precision": lambda state: {k: t.half() for k, t in state.items()},
    "float64": lambda state: {k: t.double() for k, t in state.items()},
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_wrappers_are_taken_off(tmp_path, wrapper):
    module = trained(Residual)
    if wrapper == "half precision":
        module = module.half().float()
    torch.save(WRAPPERS[wrapper](module.state_dict()), tmp_path / "any.ckpt")
    import_model([tmp_path / "any.ckpt"], tmp_path / "model.safetensors")
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        published = module(images)
    made = load_model(tmp_path / "model.safetensors")("x2y", x=images)
    torch.testing.assert_close(made, published, atol=1e-5, rtol=0)


def test_a_folder_of_accelerate(tmp_path):
    """Its `model.safetensors` and `model_1.safetensors` are read, and `optimizer.bin` is not."""
    folder = tmp_path / "checkpoint_3"
    folder.mkdir()
    save_file(Residual().state_dict(), folder / "model.safetensors")
    save_file(Residual().state_dict(), folder / "model_1.safetensors")
    torch.save({"state": {}}, folder / "optimizer.bin")
    imported = import_model([folder], tmp_path / "out.safetensors")
    assert imported.outputs == ("x2y", "y2x")


@pytest.mark.parametrize(
    ("names", "outputs"),
    [
        (("latest_net_G_A", "latest_net_G_B"), {"x2y": 0, "y2x": 1}),
        (("latest_net_G_B", "latest_net_G_A"), {"x2y": 1, "y2x": 0}),
        (("net_gen_ba", "net_gen_ab"), {"x2y": 1, "y2x": 0}),
        (("first", "second"), {"x2y": 0, "y2x": 1}),
        (("latest_net_G_B",), {"y2x": 0}),
    ],
)
def test_files_of_both_directions(tmp_path, names, outputs):
    modules = []
    for number, name in enumerate(names):
        modules.append(Residual((3, 3), blocks=1 + number).eval())
        torch.save(modules[-1].state_dict(), tmp_path / f"{name}.pth")
    out = tmp_path / "model.safetensors"
    imported = import_model([tmp_path / f"{name}.pth" for name in names], out)
    assert set(imported.outputs) == set(outputs)
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    for output, number in outputs.items():
        with torch.no_grad():
            published = modules[number](images)
        made = load_model(out)(output, **{output[0]: images})
        torch.testing.assert_close(made, published, atol=1e-5, rtol=0)


def test_safetensors_of_ganzoo_without_a_header(tmp_path):
    """A checkpoint's networks, as tensors alone."""
    state = Residual().state_dict()
    whole = {f"network/G/{k}": t for k, t in state.items()}
    whole |= {f"network/D/{k}": t for k, t in Patches().state_dict().items()}
    save_file(whole, tmp_path / "state.safetensors")
    imported = import_model([tmp_path / "state.safetensors"], tmp_path / "out.safetensors")
    assert networks_of(imported)["G"].settings["blocks"] == 2
    assert [network.guess.component for network, _ in imported.left_out] == ["patchgan"]


@pytest.mark.parametrize("layers", [1, 3, 5])
@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_a_discriminator_is_named_and_makes_no_model(tmp_path, layers, norm):
    torch.save(Patches(6, layers=layers, norm=norm).state_dict(), tmp_path / "net_D.pth")
    with pytest.raises(ModelError) as error:
        import_model([tmp_path / "net_D.pth"], tmp_path / "out.safetensors")
    words = f"in_channels = 6, width = 4, norm = '{norm}'"
    assert f"this is a discriminator (patchgan with {words}" in str(error.value)
    assert f"layers = {layers}" in str(error.value)
