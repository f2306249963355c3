"""Every generator of images in the registry, core and plugins, as exported: the model's values.

Each is tried at ten odd sizes and at one and three channels. What takes seconds each is in the slow
suite: `.ci/slow tests/inference/exporting`.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

import ganzoo
from ganzoo.components.latents import NormalLatent
from ganzoo.expression import parse
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.inference.exporting.onnx_file import make_onnx
from ganzoo.inference.exporting.openvino_file import make_openvino, read_openvino
from ganzoo.inference.exporting.own_runtime import open_runtime
from ganzoo.inference.exporting.torch_program import make_program_file
from ganzoo.inference.exporting.tracing import trace
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Variable
from ganzoo.registry.discovery import installed

SIZES = [(61, 75), (33, 100), (17, 17), (5, 9), (7, 64), (99, 31), (23, 23), (45, 18), (13, 101)]
SIZES += [(39, 57)]
# By component, the settings of some networks of it; each is tiny.
NETWORKS = {
    "resnet": [
        {"width": 2, "blocks": 1},
        {"width": 4, "blocks": 1, "upsampling": "resize", "padding": "replicate", "norm": "batch"},
        {"width": 2, "blocks": 1, "padding": "zero", "norm": "group", "skip": "input"},
        {"width": 2, "blocks": 1, "downsamplings": 1, "kernel": 9, "checkpointing": True},
        {"width": 2, "blocks": 1, "downsampling": "blurred", "upsampling": "blurred"},
    ],
    "unet": [
        {"width": 2, "layers": 5},
        {"width": 2, "layers": 3, "norm": "instance", "skip": "input"},
    ],
    "attention_resnet": [
        {"width": 2, "blocks": 1, "masks": 3},
        {"width": 2, "blocks": 1, "masks": 3, "padding": "zero", "separable": True},
    ],
    "vit_unet": [
        {
            **{"widths": [4, 4], "features": 8, "heads": 2, "blocks": 1},
            **{"hidden": 8, "embedding": 8, "extra_tokens": 2},
        }
    ],
    "recolour": [{"width": 4}],
    "timm_unet": [{"width": 2, "encoder": "resnet10t"}],
    "denoise.dncnn": [{"width": 4, "layers": 4}],
    "denoise.noiser": [{"width": 4}],
    "stargan.resnet": [{"width": 2, "blocks": 1, "classes": 3}],
    "volumes.resnet3d": [{"width": 2, "blocks": 1}],
    "winograd.resnet": [{"width": 8, "blocks": 1}],
}
# These make an image of a vector alone, at one size.
FROM_VECTORS = {"coupled", "dcgan", "r3gan.resnet"}
CASES = [
    pytest.param(name, settings, channels, id=f"{name}-{number}-{channels}")
    for name, several in NETWORKS.items()
    for number, settings in enumerate(several)
    for channels in (1, 3)
]
QUICK = [each for each in CASES if each.id in ("stargan.resnet-0-1",)]


def make_model(name, settings, channels):
    """A model of one generator, in which no weights are zero that start so."""
    torch.manual_seed(0)
    component = installed().registry.get("generator", name).load()
    network = component(in_channels=channels, out_channels=channels, **settings).eval()
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.3)
    for key, buffer in network.named_buffers():
        if key.endswith("running_mean"):
            buffer.uniform_(-0.5, 0)  # else few ReLUs let anything pass
    depth = 8 if name.startswith("volumes") else None
    variables = {"x": Variable(channels, (16, 16), depth=depth)}
    latents, wire = {}, "G(x)"
    if name == "denoise.noiser":
        wire, latents = "G(x, z)", {"z": NormalLatent(like="x", channels=3)}
        variables["z"] = latents["z"].variable(variables)
    if name == "stargan.resnet":
        wire, variables["c"] = "G(x, c)", Variable(classes=3)
    return Model({"G": network}, {"y": OutputWire(parse(wire))}, variables, latents)


def largest_difference(model, graph, run):
    """Between what a file computes and the model, at all sizes."""
    worst = 0.0
    for number, (height, width) in enumerate(SIZES):
        sizes = {"N": 1 + number % 2, "D": 3 + number, "H": height, "W": width}
        given = [each.make_example(sizes, number) for each in graph.inputs]
        named = {each.name: value for each, value in zip(graph.inputs, given, strict=True)}
        expected = model("y", **named)
        result = run(given)
        assert result.shape == expected.shape
        worst = max(worst, float((result - expected).abs().max()))
        assert expected.std() > 0.001
    return worst


def is_ours(component):
    return component.package.startswith("ganzoo")


def test_all_generators_are_here():
    """Those of this repository; others may be installed beside them."""
    ours = {each.name for each in ganzoo.list_components("generator") if is_ours(each)}
    assert ours == set(NETWORKS) | FROM_VECTORS


@pytest.mark.parametrize(("name", "settings", "channels"), CASES)
def test_one_module_of_tensors(name, settings, channels):
    """The graph that is traced, by torch itself."""
    model = make_model(name, settings, channels)
    graph = ExportedOutput(model)
    assert largest_difference(model, graph, lambda given: graph(*given)) < 2e-5


def test_wires_of_several_networks():
    """A label that a module makes for every image of the batch, in a wire within a wire."""
    model = make_model("stargan.resnet", NETWORKS["stargan.resnet"][0], 3)
    model.networks["night"] = installed().registry.get("module", "stargan.domain").load()(label=1)
    model.networks["flip"] = installed().registry.get("module", "flip").load()()
    wire = OutputWire(parse("G(flip(G(x, c)), night(x))"))
    model = Model(model.networks, {"y": wire}, model.variables, {})
    graph = ExportedOutput(model)
    program = trace(graph).module()
    assert largest_difference(model, graph, lambda given: program(*given)) < 2e-5


def run_everywhere(name, settings, channels):
    """The largest difference in each runtime."""
    model = make_model(name, settings, channels)
    graph = ExportedOutput(model)
    program = trace(graph)
    onnx = make_onnx(program, graph)
    files = {
        "torch-export": [make_program_file(program, {})],
        "onnx": [onnx],
        "openvino": make_openvino(read_openvino(onnx), {}, halved=False),
    }
    return {
        format_: largest_difference(model, graph, open_runtime(format_, contents))
        for format_, contents in files.items()
    }


@pytest.mark.parametrize(("name", "settings", "channels"), QUICK)
def test_each_runtime(name, settings, channels):
    assert all(off < 1e-4 for off in run_everywhere(name, settings, channels).values())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings", "channels"), CASES)
def test_every_generator_in_each_runtime(name, settings, channels):
    off = run_everywhere(name, settings, channels)
    print(f"\n{name} {channels}: " + ", ".join(f"{k} {v:.1e}" for k, v in off.items()))
    assert all(each < 1e-4 for each in off.values())
