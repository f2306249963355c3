"""What is wrong with a recipe as far as its text and the components' tell: in a second, no torch.

Whatever is found here, `build_recipe` would tell in the same words; it finds more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ganzoo.data.roots import find_root
from ganzoo.errors import Fault, RecipeError
from ganzoo.expression import Call, Expression, Name, networks, walk
from ganzoo.loading import Overrides, Source, gather
from ganzoo.origins import Gathered
from ganzoo.outline import Outline, outline
from ganzoo.places import is_adversarial, kind_of_network, missing_wire, no_network, wires_of
from ganzoo.places import read_wire as parsed
from ganzoo.plugins import installed
from ganzoo.recipe import Recipe
from ganzoo.recipe_parts import Output, OutputPart, Part, SchedulePart, TermPart
from ganzoo.registry import UnknownPart
from ganzoo.signature import check_outline
from ganzoo.standins import is_spoiled
from ganzoo.tables import read_gathered

FOLDERS = "ganzoo.data.folder_base:FolderData"  # data that look for a root


def refuse_early(source: Source, overrides: Overrides = (), *, data: bool = True) -> None:
    """Refuse a recipe for what is plainly wrong with it, before torch is imported.

    data: whether its images are wanted, too.

    Raises:
        RecipeError: keys, values, components, settings and wires that cannot be.
        DataError: the folder of its data is not there.
    """
    gathered = gather(source, overrides)
    with gathered.placing():
        recipe = _checked(gathered)
    found = _outline("data", recipe.data.type)
    root = recipe.data.settings.get("root", "")
    if data and found is not None and FOLDERS in found.bases and isinstance(root, str):
        find_root(root)


def _checked(gathered: Gathered) -> Recipe:
    recipe, faults = read_gathered(gathered)
    early = Early(recipe)
    more = [fault for fault in early.faults() if not is_spoiled(fault.path, faults)]
    if faults or more:
        raise RecipeError(gathered.place, [*faults, *more])
    return recipe


def _outline(kind: str, name: str) -> Outline | None:
    component = installed().registry.components.get((kind, name))
    return outline(component.target, int(kind == "optimizer")) if component else None


class Early:
    """A recipe's components and wires, looked at one by one."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.wires: list[tuple[str, Expression]] = []

    def faults(self) -> Iterator[Fault]:
        """Everything that is wrong with components, their settings and the wires' networks."""
        recipe = self.recipe
        yield from self._component("data", recipe.data, "data")
        for name, latent in recipe.latents.items():
            yield from self._component("latent", latent, f"latents.{name}")
        for name, term in recipe.losses.items():
            yield from self._term(term, f"losses.{name}")
        for name, network in recipe.networks.items():
            kind = kind_of_network(network.type, name in self._critics(), installed().registry)
            yield from self._component(kind, network, f"networks.{name}")
            if network.init:
                yield from self._component("init", network.init, f"networks.{name}.init")
        for name, optimizer in recipe.optimizers.items():
            yield from self._component("optimizer", optimizer, f"optimizers.{name}")
        yield from self._component("schedule", recipe.schedule, "schedule")
        for name, metric in recipe.metrics.items():
            yield from self._component("metric", metric, f"metrics.{name}")
        yield from self._shown()
        yield from self._unknown_networks()

    def _term(self, term: TermPart, path: str) -> Iterator[Fault]:
        yield from self._component("loss", term, path)
        if term.buffer:
            yield from self._component("buffer", term.buffer, f"{path}.buffer")
        if isinstance(term.weight, SchedulePart):
            yield from self._component("schedule", term.weight, f"{path}.weight")
        for place, penalty in enumerate(term.penalties):
            yield from self._component("penalty", penalty, f"{path}.penalties.{place}")

    def _component(self, kind: str, part: Part, path: str) -> Iterator[Fault]:
        try:
            installed().registry.get(kind, part.type)
        except UnknownPart as error:
            yield Fault(f"{path}.type", str(error))
            return
        found = _outline(kind, part.type)
        if found is None:
            return
        wanted = wires_of(kind, found)
        given = {key: value for key, value in part.settings.items() if key not in wanted}
        beside = [*wanted, *type(part).model_fields]
        yield from check_outline(found, part.type, given, path, beside)
        yield from self._wires(part, wanted, path)

    def _wires(self, part: Part, wanted: Mapping[str, bool], path: str) -> Iterator[Fault]:
        for wire, required in wanted.items():
            if wire in part.settings:
                yield from self._wire(part.settings[wire], f"{path}.{wire}")
            elif required:
                yield missing_wire(part.type, wire, path)

    def _wire(self, text: Any, path: str) -> Iterator[Fault]:
        wire = parsed(text, path)
        if isinstance(wire, Fault):
            yield wire
        else:
            self.wires.append((path, wire))

    def _shown(self) -> Iterator[Fault]:
        for name, output in self.recipe.outputs.items():
            if isinstance(output, OutputPart):
                yield from self._component("output", output, f"outputs.{name}")
            elif isinstance(output, Output):
                yield from self._wire(output.expression, f"outputs.{name}")
        for text in self.recipe.samples.show:
            yield from self._wire(text, "samples.show")

    def _critics(self) -> set[str]:
        """The networks that are called outermost in an adversarial term."""
        found = set()
        for path, wire in self.wires:
            _, name, *_ = [*path.split("."), ""]
            term = self.recipe.losses.get(name) if path.startswith("losses.") else None
            loss = _outline("loss", term.type) if term else None
            if loss is not None and is_adversarial(loss) and isinstance(wire, Call):
                found.add(wire.network)
        return found

    def _unknown_networks(self) -> Iterator[Fault]:
        """Calls of what is no network; what is a variable elsewhere is left to those who know."""
        declared = list(self.recipe.networks)
        others = {part.name for _, w in self.wires for part in walk(w) if isinstance(part, Name)}
        for path, wire in self.wires:
            if networks(wire) - set(declared) - others - set(self.recipe.latents):
                yield from no_network(path, wire, declared)
