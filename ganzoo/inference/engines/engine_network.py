"""A network that another engine than torch computes, for inference alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.components.networks.norms import differs_in_training
from ganzoo.components.networks.same_size import same_size
from ganzoo.errors import GanzooError, first_line
from ganzoo.inference.engines.engine_choice import Engine
from ganzoo.inference.engines.graph_runner import GraphRunner
from ganzoo.inference.engines.network_graph import IMAGE, LEAST_STEPS, call_head
from ganzoo.inference.inference_copy import InferenceCopy
from ganzoo.interfaces import Generator, Value, last_tensor


class EngineNetwork(InferenceCopy):
    """A network whose calls an engine computes, by graphs of them.

    name: the network's, for messages. engine: the engine's.
    """

    def __init__(self, network: nn.Module, name: str, engine: Engine, runner: GraphRunner) -> None:
        super().__init__(network)
        self.name, self.engine, self.runner = name, engine, runner

    def forward(self, *arguments: Any) -> Value:
        """What the network computes.

        Raises:
            GanzooError: the engine cannot compute it.
        """
        return self._call("", *arguments)

    @property
    def serves_few_sizes(self) -> bool:
        """Whether its graphs are of one size of images each."""
        return self.runner.fixed_sizes > 0

    def __getattr__(self, name: str) -> Any:
        """A head of the network, or what else it has."""
        value = super().__getattr__(name)
        return partial(self._call, name) if getattr(value, "is_head", False) else value

    def _call(self, head: str, *arguments: Any) -> Value:
        callee = call_head(self.network, head)
        if self.by_torch:
            return callee(*arguments)
        if reason := self._find_obstacle(head, arguments):
            raise GanzooError(self._explain(reason))
        multiple = self._multiple(head, arguments)
        if multiple < 2:
            return self._run(callee, head, arguments, multiple)
        place = next(i for i, each in enumerate(arguments) if each.dim() >= IMAGE)

        def body(padded: Tensor) -> Tensor:
            given = (*arguments[:place], padded, *arguments[place + 1 :])
            small = min(padded.shape[2:]) < LEAST_STEPS * multiple
            value = callee(*given) if small else self._run(callee, head, given, multiple)
            return last_tensor(value)

        smallest = getattr(self.network, "smallest", multiple)
        return same_size(body, arguments[place], multiple, smallest)

    def _run(
        self, callee: Callable[..., Value], head: str, arguments: tuple[Any, ...], multiple: int
    ) -> Value:
        try:
            results = self.runner.run(head, arguments, multiple)
        except Exception as error:  # whatever torch raises for what it cannot convert
            raise GanzooError(self._explain(first_line(error))) from error
        if results is None:
            return callee(*arguments)
        return results

    def _multiple(self, head: str, arguments: tuple[Any, ...]) -> int:
        """What sides are padded to, outside of the graph; 0 if the network sees to it inside."""
        images = [each for each in arguments if each.dim() >= IMAGE]
        pads = isinstance(self.network, Generator) and not head and len(images) == 1
        return int(getattr(self.network, "multiple", 0)) if pads else 0

    def _find_obstacle(self, head: str, arguments: tuple[Any, ...]) -> str:
        """Why the engine cannot compute a call; "" if it can."""
        if not all(isinstance(each, Tensor) for each in arguments):
            return "it takes lists of tensors"
        asked = torch.is_grad_enabled() and any(each.requires_grad for each in arguments)
        if asked or head in getattr(self.network, "differentiates", ()):
            return "gradients are computed by it"
        for module in self.network.modules():
            if module.training and differs_in_training(module):
                kind = type(module).__name__
                return (
                    f"its {kind} works as in training, at random or by the batch, but for --set "
                    "outputs.NAME.mode=eval"
                )
        return ""

    def _explain(self, reason: str) -> str:
        return (
            f"--engine {self.engine} cannot compute network '{self.name}' ({reason}); "
            "take --engine eager"
        )
