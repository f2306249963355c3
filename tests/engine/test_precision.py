"""What `train.precision = "auto"` stands for, on machines that are not here."""

from __future__ import annotations

import pytest
import torch

from ganzoo.engine.precision import choose_precision, describe_emulation

AMX, AVX512 = "_is_amx_tile_supported", "_is_avx512_bf16_supported"


@pytest.fixture
def processor(monkeypatch):
    """Lets torch say of this processor what a test wants."""

    def pretend(onednn: bool = True, **abilities: bool) -> None:
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: onednn)
        for function in (AMX, AVX512):
            has = abilities.get(function, False)
            monkeypatch.setattr(torch.cpu, function, lambda has=has: has, raising=False)

    return pretend


@pytest.mark.parametrize(
    ("abilities", "chosen", "word"),
    [
        ({AMX: True, AVX512: True}, "bf16", "AMX"),
        ({AVX512: True}, "bf16", "avx512_bf16"),
        ({}, "float32", "no bf16 arithmetic"),
        ({AMX: True, AVX512: True, "onednn": False}, "float32", "no bf16 arithmetic"),
    ],
)
def test_a_processor(processor, abilities, chosen, word):
    processor(**abilities)
    choice = choose_precision(torch.device("cpu"))
    assert choice.name == chosen
    assert word in choice.reason


def test_a_torch_that_tells_nothing_of_processors(monkeypatch):
    for function in (AMX, AVX512):
        monkeypatch.delattr(torch.cpu, function)
    assert choose_precision(torch.device("cpu")).name == "float32"


@pytest.mark.parametrize(("capability", "chosen"), [((7, 5), "float32"), ((8, 0), "bf16")])
def test_a_gpu(monkeypatch, capability, chosen):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    choice = choose_precision(torch.device("cuda:1"))
    assert choice.name == chosen
    assert "{}.{}".format(*capability) in choice.reason


@pytest.mark.parametrize("device", ["mps", "xpu", "meta"])
def test_another_device(device):
    assert choose_precision(torch.device(device)).name == "float32"


def test_an_obstacle_is_the_reason(processor):
    processor(**{AMX: True})
    choice = choose_precision(torch.device("cpu"), "player 'D' pays penalties")
    assert str(choice) == "float32, as player 'D' pays penalties"


def test_emulation_is_known_of_processors_and_nvidia_gpus(processor):
    processor()
    assert describe_emulation(torch.device("cpu")) == "this processor has no bf16 arithmetic"
    assert describe_emulation(torch.device("mps")) == ""
    processor(**{AVX512: True})
    assert describe_emulation(torch.device("cpu")) == ""
