"""The weights of a network under the names of the authors' code, as a `.pth` file."""

from __future__ import annotations

import inspect
import io
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ganzoo.components.networks.norms import needs_bias
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet
from ganzoo.errors import ModelError
from ganzoo.expression import Call, calls
from ganzoo.files.existing import refuse_existing
from ganzoo.inference.exporting.export_formats import name_files
from ganzoo.inference.exporting.written_files import write_files
from ganzoo.inference.model import Model

NORMS = ("instance", "batch", "none")
# The settings of networks that the authors' code builds, too: those of `define_G`.
TWINS: tuple[tuple[type[nn.Module], dict[str, tuple[Any, ...]]], ...] = (
    (
        ResNet,
        {
            "blocks": (9, 6),
            "downsamplings": (2,),
            "upsampling": ("transposed",),
            "padding": ("reflect",),
            "norm": NORMS,
            "dropout": (0, 0.5),
            "kernel": (7,),
            "skip": ("none",),
            "downsampling": ("strided",),
            "block_padding": (None, "reflect"),
            "separable": (False,),
        },
    ),
    (UNet, {"layers": (8, 7), "norm": NORMS, "dropout": (0, 0.5), "skip": ("none",)}),
)


@dataclass(frozen=True)
class ReferenceFile:
    """The content of a `.pth` file, and how the authors' `test.py` is told of the network."""

    content: bytes
    network: str
    options: str


def make_reference(model: Model, output: str) -> ReferenceFile:
    """The weights of the one network that an output calls.

    Raises:
        ModelError: the output calls several, or the authors' code has no such network.
    """
    wire = model.output(output).wire
    called = list(calls(wire))
    if len(called) != 1 or called[0].head or len(called[0].arguments) != 1:
        raise ModelError(
            f"'{wire}' cannot be exported as a reference: a .pth holds the weights of one network, "
            "called once with one image"
        )
    return _make_file(model, called[0])


def _make_file(model: Model, call: Call) -> ReferenceFile:
    network = model.networks[call.network]
    twin, allowed = _find_twin(call.network, type(network))
    settings = _find_settings(model, call.network, twin)
    _refuse_other(call.network, settings, allowed)
    content = io.BytesIO()
    state = network.state_dict().items()
    torch.save(OrderedDict((name, value.cpu().contiguous()) for name, value in state), content)
    return ReferenceFile(content.getvalue(), call.network, _list_options(settings))


def _find_twin(
    name: str, kind: type[nn.Module]
) -> tuple[type[nn.Module], dict[str, tuple[Any, ...]]]:
    """The class whose networks the authors' code builds, too, and with which settings."""
    for base, allowed in TWINS:
        if issubclass(kind, base):
            return base, allowed
    raise ModelError(
        f"{name} cannot be exported as a reference: the authors' code has ResNet and UNet, and "
        f"no {kind.__name__}; export it to onnx, openvino or torch-export"
    )


def _find_settings(model: Model, name: str, twin: type[nn.Module]) -> dict[str, Any]:
    """All settings of a network: those of the recipe, and the defaults of the others."""
    recipe = model.origin.recipe
    if recipe is None or name not in recipe.networks:
        raise ModelError(f"{name}: its settings are not known, as the model has no recipe")
    parameters = inspect.signature(twin).parameters.values()
    defaults = {each.name: each.default for each in parameters}
    return defaults | dict(recipe.networks[name].settings)


def _refuse_other(name: str, settings: dict[str, Any], allowed: dict[str, tuple[Any, ...]]) -> None:
    """Refuse settings that networks of the authors' code have not."""
    # Theirs have a bias before instance norm alone.
    known = {**allowed, "bias": (settings["norm"] == "instance",)}
    given = {**settings, "bias": needs_bias(settings["norm"], settings["bias"])}
    other = [
        f"{key} = {given[key]} (there: {' or '.join(map(str, values))})"
        for key, values in known.items()
        if given[key] not in values
    ]
    if other:
        raise ModelError(
            f"{name} cannot be exported as a reference: the authors' code builds none with "
            f"{', '.join(other)}"
        )


def _list_options(settings: dict[str, Any]) -> str:
    """The options of the authors' `test.py` for a network of these settings."""
    kind = f"resnet_{settings['blocks']}blocks" if "blocks" in settings else "unet_256"
    if settings.get("layers") == 7:
        kind = "unet_128"
    options = {
        "--model": "test",
        "--netG": kind,
        "--ngf": settings["width"],
        "--norm": settings["norm"],
        "--input_nc": settings["in_channels"],
        "--output_nc": settings["out_channels"],
    }
    listed = " ".join(f"{option} {value}" for option, value in options.items())
    return listed if settings["dropout"] else f"{listed} --no_dropout"


def export_reference(model: Model, path: Path, output: str = "") -> ReferenceFile:
    """Write the weights of an output's network for the authors' code.

    Raises:
        GanzooError: the file exists or cannot be written.
        ModelError: there is no such output, or the authors' code has no such network.
    """
    files = name_files(path, "reference")
    refuse_existing(files)
    reference = make_reference(model, output)
    write_files(files, [reference.content])
    return reference
