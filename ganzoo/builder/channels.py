"""How many channels networks take and give where a recipe leaves them out: they follow from wires.

G(x) takes x's channels. Images of one domain have equal channels, see `domains`; so G gives y's,
where `D_Y(y)` and `D_Y(G(x))` stand in one term.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.domains import Match
from ganzoo.components.networks.backbones import weights_follow
from ganzoo.expression import Call, Expression, Name, calls
from ganzoo.interfaces import Discriminator, Variable

IN, OUT = "in_channels", "out_channels"


@dataclass(frozen=True)
class Count:
    """How many channels a network takes or gives, and whose they are; "" if the recipe says it."""

    channels: int
    of: str = ""


class Counts:
    """The channels of every network, as far as they are known.

    tries: whether a module that has no setting of its output's channels is tried on the meta
        device, to see how many it gives.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.known: dict[tuple[str, str], Count] = {}
        self.tries = False
        self._tried: dict[str, int | None] = {}
        for name, table in blueprint.recipe.networks.items():
            for setting in (IN, OUT):
                if isinstance(given := table.settings.get(setting), int):
                    self.known[name, setting] = Count(given)

    def settings(self, name: str) -> dict[str, int]:
        """Those settings of a network that are known."""
        counts = {setting: self.known.get((name, setting)) for setting in (IN, OUT)}
        return {setting: count.channels for setting, count in counts.items() if count}

    def open(self) -> list[str]:
        """The networks of which a count is unknown."""
        return [
            name
            for name in self.blueprint.networks
            for setting in (IN, OUT)
            if self._leaves_out(name, setting) and (name, setting) not in self.known
        ]

    def learn(self, wires: Sequence[Expression], matches: Sequence[Match], heads: bool) -> None:
        """Take over what wires say of unknown counts, until nothing more follows.

        heads: learn from calls of heads instead, which say less of a network.
        """
        before = -1
        while before != len(self.known):
            before = len(self.known)
            for call in [call for wire in wires for call in calls(wire)]:
                if bool(call.head) == heads and (brought := self.brought(call)):
                    self._note(call.network, IN, brought, self.images_of(call))
            for match in matches:
                self._meet(match.one, match.other, heads)
                self._meet(match.other, match.one, heads)

    def channels(self, expression: Expression) -> int | None:
        """The channels of an expression's images; None if unknown, or for a label."""
        if isinstance(expression, Name):
            variable = self.blueprint.variables.get(expression.name)
            return None if variable is None or variable.classes else variable.channels
        plan = self.blueprint.networks.get(expression.network)
        if plan is None or expression.head or self.is_discriminator(expression):
            return None
        if OUT in plan.settings:
            count = self.known.get((expression.network, OUT))
            return count.channels if count else None
        return self._try(expression) if self.tries else None

    def images_of(self, call: Call) -> list[Expression]:
        """The arguments that count for `in_channels`: all images of a discriminator, one else."""
        images = [argument for argument in call.arguments if not self._is_label(argument)]
        return images if self.is_discriminator(call) else images[:1]

    def brought(self, call: Call) -> int | None:
        """How many channels a call brings to a network; None if unknown."""
        each = [self.channels(argument) for argument in self.images_of(call)]
        return sum(count or 0 for count in each) if all(each) else None

    def is_discriminator(self, call: Call) -> bool:
        """Whether a discriminator is called."""
        plan = self.blueprint.networks.get(call.network)
        return plan is not None and issubclass(plan.component_class, Discriminator)

    def _meet(self, one: Expression, other: Expression, heads: bool) -> None:
        """What is known of one of two expressions of a domain, the other one has."""
        if not isinstance(one, Call) or bool(one.head) != heads or self.is_discriminator(one):
            return
        if channels := self.channels(other):
            self._note(one.network, OUT, channels, [other])

    def _note(self, name: str, setting: str, channels: int, of: Sequence[Expression]) -> None:
        if self._leaves_out(name, setting):
            self.known.setdefault((name, setting), Count(channels, " and ".join(map(str, of))))

    def _leaves_out(self, name: str, setting: str) -> bool:
        """Whether a network has a setting that the recipe does not give."""
        plan = self.blueprint.networks.get(name)
        if plan is None or setting not in plan.settings:
            return False
        return setting not in self.blueprint.recipe.networks[name].settings

    def _is_label(self, argument: Expression) -> bool:
        known = self.blueprint.variables
        return isinstance(argument, Name) and bool(known.get(argument.name, Variable()).classes)

    def _try(self, call: Call) -> int | None:
        """The channels of what a module gives; None where that cannot be found."""
        inner = [argument for argument in call.arguments if isinstance(argument, Call)]
        if any(self.channels(argument) is None for argument in inner):
            return None
        if str(call) not in self._tried:
            self._tried[str(call)] = self._give(call)
        return self._tried[str(call)]

    def _give(self, call: Call) -> int | None:
        """See `_try`; on the meta device."""
        plan = self.blueprint.networks[call.network]
        settings = {**plan.settings, **self.settings(call.network)}
        try:
            with torch.device("meta"), weights_follow(), torch.no_grad():
                given = replace(plan, settings=settings).make()(*map(self._example, call.arguments))
        except Exception:  # whatever a stranger's network raises; the trial step tells it
            return None
        is_image = isinstance(given, Tensor) and given.is_floating_point() and given.dim() > 1
        return int(given.shape[1]) if is_image else None

    def _example(self, argument: Expression) -> Tensor:
        """What an argument may be: two samples, of the size of the data's first image."""
        if isinstance(argument, Name):
            variable = self.blueprint.variables[argument.name]
            kind = torch.int64 if variable.classes else torch.float32
            return torch.empty((2, *variable.shape), dtype=kind)
        image = next(v for v in self.blueprint.variables.values() if v.size)
        return torch.empty((2, *replace(image, channels=self.channels(argument) or 1).shape))
