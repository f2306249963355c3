"""An output of a model as one torch module of tensors, for images of every size."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganzoo.components.networks.open_sizes import open_sizes
from ganzoo.engine.expressions import find_callee
from ganzoo.expression import Expression, Name
from ganzoo.inference.exporting.graph_input import find_inputs
from ganzoo.inference.exporting.obstacles import refuse_obstacle
from ganzoo.inference.exporting.pixel_form import PixelForm
from ganzoo.inference.model import Model
from ganzoo.interfaces import Value, last_tensor


class ExportedOutput(nn.Module):
    """What `model(output, ...)` computes, as a function of tensors alone, in evaluation mode.

    Networks are copies on the CPU. Padding and cropping to a network's sizes are operations that
    serve every size: traced once, by `trace`, it takes images of any. Latents are inputs.

    model, output: whose output, and its name; left out, the first one.
    pixels: take and give values of pixels instead of images in [-1, 1].
    dtype: what the networks compute in; inputs and outputs stay float32.

    inputs: what `forward` takes, in order.
    output_name: the output's name in the model.
    domain_name, domain: the variable that the output's images are of; "" and None if not known.

    Raises:
        ValueError: there is no such output, or pixels do not hold its values.
        ModelError: the output is more than a graph can hold; see `refuse_obstacle`.
    """

    def __init__(
        self,
        model: Model,
        output: str = "",
        pixels: PixelForm | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        wire = model.output(output)
        refuse_obstacle(model, wire)
        self.output_name = output or next(iter(model.outputs))
        self.inputs = find_inputs(model, wire, pixels)
        self.wire, self.pixels, self.dtype = wire.wire, pixels, dtype
        self.domain_name, self.domain = wire.domain, model.variables.get(wire.domain)
        self._names = sorted(wire.networks)
        copied = copy.deepcopy(
            {name: model.networks[name] for name in self._names}
        )  # share weights
        networks = nn.ModuleList(copied[name] for name in self._names)
        self.networks = networks.cpu().to(dtype).eval().requires_grad_(False)

    def forward(self, *values: Tensor) -> Tensor:
        """The output for tensors in the order of `inputs`; of several tensors the last one."""
        known: dict[str, Value] = {}
        for given, value in zip(self.inputs, values, strict=True):
            read = given.read(value)
            known[given.name] = read.to(self.dtype) if read.is_floating_point() else read
        with open_sizes():
            result = self._evaluate(self.wire, known)
        return self.write(last_tensor(result))

    def write(self, image: Tensor) -> Tensor:
        """What the graph gives for an image (N, C, H, W) of the wire."""
        result = image.to(torch.float32)
        return self.pixels.write(result, self.domain) if self.pixels else result

    def _evaluate(self, expression: Expression, known: dict[str, Value]) -> Value:
        """The value of a wire; each call is computed once."""
        text = str(expression)
        if text not in known:
            assert not isinstance(expression, Name)
            networks = dict(zip(self._names, self.networks, strict=True))
            callee: Callable[..., Value] = find_callee(expression, networks)
            known[text] = callee(*(self._evaluate(each, known) for each in expression.arguments))
        return known[text]
