"""Networks that get an engine."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from ganzoo.inference.engines.engine_choice import Engine
from ganzoo.inference.engines.engine_network import EngineNetwork
from ganzoo.inference.engines.graph_runner import GraphRunner
from ganzoo.inference.engines.graph_session import OpenSession
from ganzoo.inference.engines.onnx_session import OnnxSession
from ganzoo.inference.engines.openvino_session import OpenVinoSession
from ganzoo.inference.light_images import LANES


def open_engine(network: nn.Module, name: str, half: bool, engine: Engine) -> EngineNetwork:
    """A network that ONNX Runtime or OpenVINO computes, on the CPU.

    half: compute in bf16, which OpenVINO does where the processor has arithmetic for it.
    """
    exact, asked = _sessions(engine, half)
    return EngineNetwork(network, name, engine, GraphRunner(network, asked, exact))


def _sessions(engine: Engine, half: bool) -> tuple[OpenSession, OpenSession]:
    """What opens graphs in float32, and as asked."""
    if engine == "onnxruntime":
        return OnnxSession, OnnxSession
    lanes = min(LANES, torch.get_num_threads())
    exact = partial(OpenVinoSession, precision="f32", lanes=lanes)
    return exact, partial(OpenVinoSession, precision="bf16", lanes=lanes) if half else exact
