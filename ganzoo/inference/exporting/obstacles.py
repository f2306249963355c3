"""Outputs that are more than one graph of tensors, which no file of another format can hold."""

from __future__ import annotations

from torch import nn

from ganzoo.components.networks.norms import differs_in_training
from ganzoo.engine.expressions import differentiates
from ganzoo.errors import ModelError
from ganzoo.expression import calls
from ganzoo.inference.inference_copy import InferenceCopy
from ganzoo.inference.model import Model, OutputWire


def refuse_obstacle(model: Model, output: OutputWire) -> None:
    """Check that an output is a function of its inputs that one graph can compute.

    Raises:
        ModelError: a component makes it, it is random or depends on its batch, a network computes
            gradients, or the model is a faster copy.
    """
    reason = _find_obstacle(model, output)
    if reason:
        raise ModelError(f"'{output.wire}' cannot be exported: {reason}")


def _find_obstacle(model: Model, output: OutputWire) -> str:
    networks = {name: model.networks[name] for name in sorted(output.networks)}
    if output.component is not None:
        kind = type(output.component).__name__
        return f"{kind} makes it in several steps, and a file holds one evaluation of a wire"
    if not networks:
        return "it calls no network"
    for name, network in networks.items():
        if isinstance(network, InferenceCopy):
            return "the model was sped up already; export the model as it was loaded"
        layer = _random_layer(network, model.resting.get(name, frozenset()))
        if output.train_mode and layer:
            return (
                f"its mode is train, so {layer} in {name} works as in training, where results are "
                "random or depend on their batch; to leave that out, set the output's mode to eval "
                "(--set outputs.NAME.mode=eval)"
            )
    return _find_gradient(networks, output)


def _random_layer(network: nn.Module, resting: frozenset[str]) -> str:
    """A layer that works otherwise in training, by its type; "" if there is none."""
    for name, module in network.named_modules():
        if name not in resting and differs_in_training(module):
            return type(module).__name__
    return ""


def _find_gradient(networks: dict[str, nn.Module], output: OutputWire) -> str:
    for call in calls(output.wire):
        if differentiates(call, networks):
            return f"'{call}' computes gradients"
    return ""
