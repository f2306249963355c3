"""A trained recipe's outputs: what samples, metrics and `ganzoo translate` ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from ganzoo.expression import Expression, names, networks
from ganzoo.interfaces import Latent, Value, Variable
from ganzoo.play.objective import Values, evaluate, plan
from ganzoo.play.randomness import no_trace, seed_torch, torch_generator


@dataclass(frozen=True)
class OutputWire:
    """A named output.

    train_mode: dropout and batch statistics as in training, where a paper keeps them at test.
    """

    wire: Expression
    train_mode: bool = False


@dataclass
class Model:
    """Networks and the outputs they were trained for.

    networks: those that the outputs reach.
    outputs: by name, the first one being the default.
    variables: what every name in a wire stands for.
    latents: how to draw those that are noise.
    """

    networks: Mapping[str, nn.Module]
    outputs: Mapping[str, OutputWire]
    variables: Mapping[str, Variable]
    latents: Mapping[str, Latent]

    @property
    def device(self) -> torch.device:
        """Where the networks are; the CPU where they hold nothing."""
        return self._example().device

    @property
    def dtype(self) -> torch.dtype:
        """The networks' precision; float32 where they hold nothing."""
        return self._example().dtype

    def to(self, device: str | torch.device) -> Model:
        """Move the networks."""
        for network in self.networks.values():
            network.to(device)
        return self

    def __call__(self, output: str = "", *, seed: int = 0, **inputs: Tensor) -> Value:
        """One output for a batch of inputs: images (N, C, H, W) in [-1, 1].

        output: its name; left out, the first one.
        seed: of noise and dropout.

        Raises:
            ValueError: there is no such output, or an input it needs is missing.
        """
        chosen = self.output(output)
        missing = names(chosen.wire) - set(inputs) - set(self.latents)
        if missing:
            raise ValueError(f"'{chosen.wire}' needs {', '.join(sorted(missing))}")
        return self.evaluate([chosen], inputs, seed)[0]

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

    def evaluate(
        self, outputs: list[OutputWire], inputs: Mapping[str, Tensor], seed: int
    ) -> list[Value]:
        """Several wires on one batch; networks keep their modes and running statistics.

        What the recipe froze is in evaluation mode even where an output asks for training's.
        """
        used = {name for output in outputs for name in networks(output.wire)}
        frozen = {name for name in used if _is_frozen(self.networks[name])}
        values = self._inputs(outputs, inputs, seed)
        results: dict[int, Value] = {}
        with no_trace([self.networks[name] for name in used]):
            for train_mode in {output.train_mode for output in outputs}:
                for name in used:
                    self.networks[name].train(train_mode and name not in frozen)
                seed_torch(seed, "output")
                batch = [o for o in outputs if o.train_mode == train_mode]
                found = evaluate(plan([o.wire for o in batch], values), values, self.networks)
                results |= {id(o): found[str(o.wire)] for o in batch}
        return [results[id(output)] for output in outputs]

    def _example(self) -> Tensor:
        """A tensor that the networks hold; an empty one where they hold none."""
        modules = self.networks.values()
        parameters = (p for module in modules for p in module.parameters())
        buffers = (b for module in modules for b in module.buffers() if b.is_floating_point())
        nothing = torch.empty(0, device="cpu", dtype=torch.float32)
        return next(chain(parameters, buffers), nothing)

    def _inputs(self, outputs: list[OutputWire], inputs: Mapping[str, Tensor], seed: int) -> Values:
        wanted = {name for output in outputs for name in names(output.wire)}
        values: Values = {name: self._place(tensor) for name, tensor in inputs.items()}
        count = len(next(iter(inputs.values()))) if inputs else 1
        for name in wanted & set(self.latents) - set(inputs):
            random = torch_generator(seed, "latent", name)
            shape = (count, *self.variables[name].shape)
            values[name] = self._place(self.latents[name].draw(shape, random))
        return values

    def _place(self, tensor: Tensor) -> Tensor:
        kind = self.dtype if tensor.is_floating_point() else tensor.dtype
        return tensor.to(self.device, kind)


def _is_frozen(network: nn.Module) -> bool:
    """Whether nothing of it moves: a trained one is in training mode while it is trained."""
    return not network.training and not any(p.requires_grad for p in network.parameters())
