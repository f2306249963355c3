"""Options beside the weights become settings of the recipe."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from ganzoo import load_model
from ganzoo.builder.trained import open_model
from ganzoo.cli import app
from ganzoo.engine.checkpoint import read_header
from ganzoo.errors import ModelError
from ganzoo.importing.import_model import import_model
from ganzoo.importing.neighbours import read_neighbour

sys.path.insert(0, str(Path(__file__).parent))
from published_modules import Attention, Residual, Skips
from published_transformer import ModulatedUNet

# As the authors' code prints them; dots stand for its other lines.
CYCLE = """----------------- Options ---------------
               batch_size: 4                             \t[default: 1]
                    beta1: 0.4                           \t[default: 0.5]
                crop_size: 128                           \t[default: 256]
                 dataroot: /home/somebody/maps           \t[default: None]
                direction: BtoA                          \t[default: AtoB]
                 gan_mode: vanilla                       \t[default: lsgan]
                 lambda_A: 8.0                           \t[default: 10.0]
                 lambda_B: 12.0                          \t[default: 10.0]
          lambda_identity: 0.25                          \t[default: 0.5]
                load_size: 143                           \t[default: 286]
                       lr: 0.0001                        \t[default: 0.0002]
                    model: cycle_gan
               n_layers_D: 4                             \t[default: 3]
                 n_epochs: 30                            \t[default: 100]
           n_epochs_decay: 90                            \t[default: 100]
                      ndf: 32                            \t[default: 64]
                     netD: n_layers                      \t[default: basic]
                  no_flip: True                          \t[default: False]
                     norm: instance
                pool_size: 0                             \t[default: 50]
               preprocess: resize_and_crop
                   suffix:
----------------- End -------------------
"""
PAIRED = CYCLE.replace("cycle_gan", "pix2pix").replace("resize_and_crop", "none")


def recipe_of(tmp_path, module, options, name="train_opt.txt", file="latest_net_G_A.pth"):
    (tmp_path / name).write_text(options)
    torch.save(module.state_dict(), tmp_path / file)
    out = tmp_path / "model.safetensors"
    imported = import_model([tmp_path / file], out)
    return read_header(out)["recipe"], imported


def test_the_options_of_unpaired_training(tmp_path):
    recipe, imported = recipe_of(tmp_path, Residual(), CYCLE)
    weights = {name: term["weight"] for name, term in recipe["losses"].items()}
    assert weights == {
        **{"adversarial_Y": 1, "adversarial_X": 1, "cycle_X": 8, "cycle_Y": 12},
        **{"identity_Y": 3, "identity_X": 2},
    }
    assert recipe["losses"]["adversarial_X"]["type"] == "vanilla"
    assert "buffer" not in recipe["losses"]["adversarial_X"]
    assert recipe["optimizers"]["default"] == {"type": "adam", "lr": 1e-4, "betas": [0.4, 0.999]}
    assert recipe["schedule"] == {"type": "linear", "hold": 0.25, "by": "epoch"}
    assert (recipe["train"]["length"], recipe["train"]["batch_size"]) == ("120 epochs", 4)
    data = recipe["data"]
    assert (data["size"], data["resize"], data["flip"]) == (128, 143, False)
    assert (data["aspect"], data["x"], data["test_x"]) == ("squash", "trainB", "testB")
    assert data["root"] == ""
    critic = recipe["networks"]["D_X"]
    assert (critic["width"], critic["layers"], critic["norm"]) == (32, 4, "instance")
    assert imported.lines[0] == f"options of {tmp_path / 'train_opt.txt'}"
    assert "losses.cycle_X.weight = 8.0: lambda_A = 8.0" in imported.lines


def test_images_are_read_as_the_options_say(tmp_path):
    recipe_of(tmp_path, Residual(), CYCLE)
    variable = load_model(tmp_path / "model.safetensors").variables["x"]
    assert (variable.size, variable.aspect) == ((128, 128), "squash")


def test_the_model_can_be_trained_on(tmp_path):
    """The recipe in the header is whole: a blueprint of it has every term."""
    recipe_of(tmp_path, Residual(), CYCLE)
    blueprint, _ = open_model(tmp_path / "model.safetensors")
    assert {term.name for term in blueprint.live} >= {"adversarial_X", "cycle_X", "identity_X"}


def test_paired_training_translates_in_training_mode(tmp_path):
    """As the authors' test does, unless its options say `eval`."""
    recipe, _ = recipe_of(tmp_path, Skips(levels=5), PAIRED, file="latest_net_G.pth")
    assert recipe["outputs"]["x2y"]["mode"] == "train"
    assert recipe["data"]["scale"] == "native"
    assert "resize" not in recipe["data"]
    (tmp_path / "model.safetensors").unlink()
    told = PAIRED + "                     eval: True\n"
    recipe, _ = recipe_of(tmp_path, Skips(levels=5), told, file="latest_net_G.pth")
    assert recipe["outputs"]["x2y"]["mode"] == "eval"


def test_dropout_that_no_tensor_tells(tmp_path):
    text = "no_dropout: True\n"
    recipe, _ = recipe_of(tmp_path, Skips(levels=5), text, "test_opt.txt", "latest_net_G.pth")
    assert recipe["networks"]["G"]["dropout"] == 0


def test_options_in_tables(tmp_path):
    table = json.dumps({"G": {"netG": "resnet_attn", "attn_nb_mask_input": 4}})
    recipe, _ = recipe_of(tmp_path, Attention(masks=10, shown=1), table, "train_config.json")
    # 27 channels are no 6 images of whole channels: the options cannot be of this file.
    assert recipe["networks"]["G"]["type"] == "attention_resnet"


def test_heads_are_read_from_a_config(tmp_path):
    table = json.dumps({"generator": {"model_args": {"n_heads": 3, "activ": "gelu"}}})
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (tmp_path / "config.json").write_text(table)
    module = ModulatedUNet(heads=3).eval()
    torch.save(module.state_dict(), folder / "0100_net_gen_ab.pth")
    out = tmp_path / "model.safetensors"
    imported = import_model([folder / "0100_net_gen_ab.pth"], out)
    assert imported.networks["G"].guess.settings["heads"] == 3
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(load_model(out)("x2y", x=images), module(images))


def test_other_activations_are_not_taken_for_known_ones(tmp_path):
    table = json.dumps({"generator": {"model_args": {"modnet_activ": "relu"}}})
    (tmp_path / "config.json").write_text(table)
    torch.save(ModulatedUNet().state_dict(), tmp_path / "net_gen_ab.pth")
    with pytest.raises(ModelError):
        import_model([tmp_path / "net_gen_ab.pth"], tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    "text",
    ["\x00\x01", "lr: nan\nbatch_size: -1", "lr: " + "9" * 9999, "model: " + "x" * 99999, ": : :"],
)
def test_odd_options_are_one_sentence_or_left_out(tmp_path, text):
    (tmp_path / "train_opt.txt").write_text(text)
    torch.save(Residual().state_dict(), tmp_path / "net_G.pth")
    command = ["import", str(tmp_path / "net_G.pth"), "--out", str(tmp_path / "m.safetensors")]
    done = CliRunner().invoke(app, command)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    assert "Traceback" not in done.output


def test_a_pipe_beside_weights_is_left_alone(tmp_path):
    import os

    os.mkfifo(tmp_path / "train_opt.txt")
    assert read_neighbour(tmp_path / "net_G.pth").file is None
