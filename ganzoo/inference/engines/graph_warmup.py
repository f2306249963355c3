"""Makes the graphs of an output before its first image, so that a refusal comes at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.inference.engines.engine_network import EngineNetwork
from ganzoo.inference.light_images import is_light, one_thread
from ganzoo.interfaces import Variable

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

SIDE = 256  # of images whose size in training is not known


def make_graphs(model: Model, output: OutputWire) -> None:
    """Compute the output once, for black images of the size of training, if an engine has graphs.

    Raises:
        GanzooError: the engine cannot compute it.
    """
    if any(isinstance(model.networks[name], EngineNetwork) for name in output.networks):
        inputs = _blank(model.variables, output.names - set(model.latents))
        size = next((each.shape[-2:] for each in inputs.values() if each.dim() > 1), (SIDE, SIDE))
        with one_thread(is_light(model, output, (size[0], size[1]))):
            model.evaluate([output], inputs, 0)


def _blank(variables: Mapping[str, Variable], names: set[str]) -> dict[str, Tensor]:
    """Inputs of one sample: black images, and the first class."""
    inputs = {}
    for name in sorted(names):
        variable = variables[name]
        if variable.classes:
            inputs[name] = torch.zeros(1, dtype=torch.int64)
        else:
            inputs[name] = torch.full((1, *(variable.shape)), -1.0)
    return inputs
