"""A trained recipe's outputs: what samples, metrics and `ganzoo translate` ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, overload

import torch
from torch import Tensor, nn

from ganzoo.engine.expressions import Values, evaluate, plan
from ganzoo.engine.rng import no_trace, seed_torch, torch_generator
from ganzoo.expression import Expression, names, networks
from ganzoo.inference.bound_wire import BoundWire
from ganzoo.inference.calling import Given, call
from ganzoo.inference.drawing import draw
from ganzoo.inference.origin import UNKNOWN, Origin, describe_size
from ganzoo.inference.scale import Scale, followed
from ganzoo.interfaces import Latent, Output, Value, Variable
from ganzoo.printing.text import one_line


@dataclass(frozen=True)
class OutputWire:
    """A named output.

    wire: what is evaluated; of an output that a component makes, only its name.
    train_mode: dropout and batch statistics as in training, where a paper keeps them at test.
    component, wires: what makes it instead, where that takes more than a wire.
    """

    wire: Expression
    train_mode: bool = False
    component: Output | None = None
    wires: Mapping[str, Expression] = field(default_factory=dict, hash=False)

    @property
    def names(self) -> set[str]:
        """The variables and latents that it is made from."""
        return {name for wire in self._expressions() for name in names(wire)}

    @property
    def networks(self) -> set[str]:
        """The networks that make it."""
        return {name for wire in self._expressions() for name in networks(wire)}

    def _expressions(self) -> list[Expression]:
        return list(self.wires.values()) if self.component else [self.wire]


@dataclass(repr=False)
class Model:
    """Trained networks, and the outputs that they were trained for: a function of images.

        model = ganzoo.load_model("runs/cyclegan")
        labels = model("x2y", x="photo.png")  # pictures in, a picture out
        labels = model("x2y", x=photos)  # tensors (N, 3, H, W) in [-1, 1] in, and out
        digits = ganzoo.load_model("runs/cgan").sample(16)  # from latents alone

    networks: by name, ordinary modules; of a model file those that the outputs reach.
    outputs: by name, the first one being the default.
    variables: what every name in a wire stands for.
    latents: by name, how to draw each of those that are latents.
    resting: by network, the modules in it that are in evaluation mode even while it is trained, as
        `resting_modules` found them when it was made.
    origin: the recipe, the file and the step that the weights are from.
    """

    networks: Mapping[str, nn.Module]
    outputs: Mapping[str, OutputWire]
    variables: Mapping[str, Variable]
    latents: Mapping[str, Latent]
    resting: Mapping[str, frozenset[str]] = field(default_factory=dict)
    origin: Origin = UNKNOWN
    _home: torch.device = field(default=torch.device("cpu"), repr=False)

    @property
    def device(self) -> torch.device:
        """Where the networks are, or were sent if they hold nothing; at first the CPU."""
        return self._example().device

    @property
    def dtype(self) -> torch.dtype:
        """The networks' precision; float32 where they hold nothing."""
        return self._example().dtype

    def __repr__(self) -> str:
        """`<ganzoo.Model cyclegan, step 300: x2y, y2x; 2 networks, 688 k parameters, cpu>`."""
        outputs = ", ".join(self.outputs) or "no outputs"
        size = describe_size(self.networks)
        return one_line(f"<ganzoo.Model {self.origin}: {outputs}; {size}, {self.device}>")

    def to(self, device: str | torch.device) -> Model:
        """Move the networks."""
        self._home = torch.device(device)
        for network in self.networks.values():
            network.to(device)
        return self

    @overload
    def __call__(
        self, output: str = "", *, seed: int = 0, scale: Scale = "trained", **inputs: Tensor
    ) -> Value: ...
    @overload
    def __call__(
        self, output: str = "", *, seed: int = 0, scale: Scale = "trained", **inputs: Given
    ) -> Any: ...
    def __call__(
        self, output: str = "", *, seed: int = 0, scale: Scale = "trained", **inputs: Given
    ) -> Any:
        """One output, of pictures or of tensors.

        output: its name; left out, the first one.
        seed: of latents and dropout.
        inputs: by variable,
            a picture: a file, a picture of Pillow's, an array (H, W, C) of uint8. It is read as the
                files of training were and seen at `scale` (see `ganzoo.inference.scale.Scale`); the
                result has its size, and is Pillow's, or an array where arrays were given. Random
                draws are seeded by its content, as in `ganzoo translate`;
            or a tensor (N, C, H, W), or (C, H, W) for one image: floating-point in [-1, 1], or
                uint8. It is taken as it is, and the result is a tensor in [-1, 1];
            of a class, a number or a tensor (N,).
            Values of which none is below 0 cause a warning, as they may be meant for 0 ... 1.

        Raises:
            ValueError: there is no such output, an input is missing, or it is not what it should
                be: its kind, shape, channels or values.
            DataError: a file cannot be read.
        """
        return call(self, self.output(output), inputs, seed, scale)

    def output(self, name: str = "") -> OutputWire:
        """An output by name; the first one where none is given.

        Raises:
            ValueError: there is no such output.
        """
        if not self.outputs:
            raise ValueError("this model has no outputs: its recipe names none")
        if name and name not in self.outputs:
            raise ValueError(f"there is no output '{name}'; there is {', '.join(self.outputs)}")
        return self.outputs[name or next(iter(self.outputs))]

    def sample(
        self,
        count: int,
        output: str = "",
        *,
        label: int | None = None,
        seed: int = 0,
        start: int = 0,
    ) -> Tensor:
        """Images (count, C, H, W) of an output that is made of latents and class labels alone.

        output: its name; left out, the first such one.
        label: the class of all images; left out, classes take turns.
        seed, start: the images from number `start` on of that seed's endless row, in which each is
            the same however many are drawn.

        Raises:
            ValueError: there is no such output, it needs more than that, there is no such class,
                or count is less than 1.
        """
        return draw(self, count, output, label, seed, start)

    def evaluate(
        self, outputs: list[OutputWire], inputs: Mapping[str, Tensor], seed: int
    ) -> list[Value]:
        """Several wires on one batch; networks keep their modes and running statistics.

        Modules that rest in training are in evaluation mode even in an output of training mode.
        """
        used = {name for output in outputs for name in output.networks}
        values = self._inputs(outputs, inputs, seed)
        results: dict[int, Value] = {}
        with no_trace([self.networks[name] for name in used]):
            for train_mode in {output.train_mode for output in outputs}:
                for name in used:
                    self._set_mode(name, train_mode)
                seed_torch(seed, "output")
                batch = [o for o in outputs if o.train_mode == train_mode and o.component is None]
                by_wire = evaluate(plan([o.wire for o in batch], values), values, self.networks)
                results |= {id(o): by_wire[str(o.wire)] for o in batch}
            for output in outputs:
                if output.component is not None:
                    results[id(output)] = self._make(output, output.component, inputs, seed)
        return [results[id(output)] for output in outputs]

    def _make(
        self, output: OutputWire, component: Any, inputs: Mapping[str, Tensor], seed: int
    ) -> Value:
        """An output that a component makes, of networks in evaluation mode."""
        for name in output.networks:
            self.networks[name].eval()
        placed = {name: self._place(tensor) for name, tensor in inputs.items()}
        draw_latent = partial(self._draw, seed, inputs)
        known = placed, self.networks, draw_latent, _batch_size(inputs)
        bound = {name: BoundWire(wire, *known) for name, wire in output.wires.items()}
        seed_torch(seed, "output")
        value: Value = component.make(**bound)
        return value

    def _set_mode(self, name: str, train_mode: bool) -> None:
        self.networks[name].train(train_mode)
        for inner in self.resting.get(name, ()):
            self.networks[name].get_submodule(inner).training = False

    def _example(self) -> Tensor:
        """A tensor that the networks hold; an empty one where they hold none."""
        modules = self.networks.values()
        parameters = (p for module in modules for p in module.parameters())
        buffers = (b for module in modules for b in module.buffers() if b.is_floating_point())
        nothing = torch.empty(0, device=self._home, dtype=torch.float32)
        return next(chain(parameters, buffers), nothing)

    def _inputs(self, outputs: list[OutputWire], inputs: Mapping[str, Tensor], seed: int) -> Values:
        wanted = {name for output in outputs for name in names(output.wire)}
        values: Values = {name: self._place(tensor) for name, tensor in inputs.items()}
        for name in wanted & set(self.latents) - set(inputs):
            values[name] = self._draw(seed, inputs, name, _batch_size(inputs))
        return values

    def _draw(self, seed: int, inputs: Mapping[str, Tensor], name: str, count: int) -> Tensor:
        """A latent for so many samples; a map is as large as the images it goes with."""
        rng, latent = torch_generator(seed, "latent", name), self.latents[name]
        shape = latent.variable(followed(self.variables, inputs)).shape
        return self._place(latent.draw((count, *shape), rng))

    def _place(self, tensor: Tensor) -> Tensor:
        kind = self.dtype if tensor.is_floating_point() else tensor.dtype
        return tensor.to(self.device, kind)


def _batch_size(inputs: Mapping[str, Tensor]) -> int:
    return len(next(iter(inputs.values()))) if inputs else 1


def resting_modules(networks: Mapping[str, nn.Module]) -> dict[str, frozenset[str]]:
    """By network, the names of modules in evaluation mode. In new networks, these never leave it.

    A network that the recipe froze rests whole (its own name is ""), a frozen backbone in part.
    """
    return {
        name: frozenset(inner for inner, module in network.named_modules() if not module.training)
        for name, network in networks.items()
    }
