"""Whatever names and shapes a file has: a network that fits whole, or one sentence."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganzoo.errors import ModelError
from ganzoo.importing.import_model import import_model
from ganzoo.importing.searching import find_networks

sys.path.insert(0, str(Path(__file__).parent))
from published_modules import Attention, Patches, Residual, Skips
from published_transformer import ModulatedUNet

FILE = Path("any.pth")
SIZES = (0, 1, 2, 3, 7, 64, 2**31, 2**62)


def shapes_of(module):
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def mutated(shapes, rng):
    """Up to four tensors gone, of another rank or size, or under another name."""
    changed = dict(shapes)
    for _ in range(rng.randint(1, 4)):
        name = rng.choice(list(changed))
        shape = changed.pop(name)
        what = rng.randrange(4)
        if what == 0:
            changed[name] = tuple(rng.choice(SIZES) for _ in range(rng.randrange(6)))
        elif what == 1 and shape:
            place = rng.randrange(len(shape))
            changed[name] = (*shape[:place], rng.choice(SIZES), *shape[place + 1 :])
        elif what == 2:
            words = name.split(".")
            words[rng.randrange(len(words))] = rng.choice(["0", "99999", "weight", "", "\u0663"])
            changed[".".join(words)] = shape
    return changed


@pytest.mark.parametrize(
    "make",
    [
        lambda: Residual(blocks=1, blur="down up"),
        lambda: Residual(blocks=1, halves=True, mobile=True),
        lambda: Skips(levels=5),
        lambda: Patches(layers=2),
        lambda: Attention(blocks=1),
        ModulatedUNet,
    ],
)
def test_odd_names_and_shapes_are_one_sentence(make):
    shapes, rng = shapes_of(make()), random.Random(17)
    refusals = []
    for _ in range(40):
        try:
            find_networks(FILE, mutated(shapes, rng), {})
        except ModelError as error:
            refusals.append(str(error))
    assert len(refusals) > 20
    assert not any("\n" in refusal for refusal in refusals)


def test_wrappers_in_wrappers_have_an_end():
    inside = shapes_of(Residual(blocks=1))
    deep = {f"{'module.' * 12}{name}": shape for name, shape in inside.items()}
    assert find_networks(FILE, deep, {})[0].wrapper == "module." * 12
    deeper = {f"{'module.' * 500}{name}": shape for name, shape in inside.items()}
    with pytest.raises(ModelError):
        find_networks(FILE, deeper, {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.fill_(torch.nan), "holds values that are no numbers"),
        (lambda t: t.to(torch.int32), "the weights do not fit"),
        (lambda t: t.to(torch.complex64), "the weights do not fit"),
    ],
)
def test_weights_that_are_no_numbers(tmp_path, change, words):
    state = Residual(blocks=1).state_dict()
    state["model.1.weight"] = change(state["model.1.weight"])
    save_file(state, tmp_path / "net_G.safetensors")
    with pytest.raises(ModelError, match=words):
        import_model([tmp_path / "net_G.safetensors"], tmp_path / "model.safetensors")
    assert not (tmp_path / "model.safetensors").exists()


def test_short_floats_are_widened(tmp_path):
    state = {k: t.to(torch.float8_e5m2) for k, t in Residual(blocks=1).state_dict().items()}
    save_file(state, tmp_path / "net_G.safetensors")
    assert import_model([tmp_path / "net_G.safetensors"], tmp_path / "model.safetensors").outputs
