"""The components that a recipe may name, and their origins; each is imported when first used."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ganzoo.errors import GanzooError, did_you_mean, reason
from ganzoo.printing.text import one_line
from ganzoo.registry.former import PACKAGES, how_to_install, new_component, renamed

KINDS = {
    "generator": "makes images: from images, from latents, or from both",
    "discriminator": "returns logits for images: are they real?",
    "module": "any other network, with or without parameters",
    "loss": "a term of the objective",
    "penalty": "what a discriminator pays beside an adversarial term",
    "buffer": "past samples that a discriminator is shown again",
    "data": "where images come from",
    "augmentation": "random changes of training images",
    "latent": "random inputs",
    "init": "how weights start",
    "optimizer": "how weights move",
    "schedule": "how the learning rate or a weight moves",
    "metric": "a score, or several, on test samples",
    "reader": "how image files are read",
    "writer": "how image files are written",
    "callback": "what happens beside training",
    "output": "how an output is made that takes more than a wire",
    "rule": "what `ganzoo plan` decides of a recipe, and why",
    "recogniser": "which network the weights of a file from elsewhere belong to",
}


NAME = re.compile(r"\w[\w-]*(\.\w[\w-]*)?")  # a plugin's stands before the component's own


class PluginError(GanzooError):
    """A plugin that registers something impossible."""


class UnknownComponent(GanzooError):
    """No part of that kind has that name."""


@dataclass(frozen=True, repr=False)
class Component:
    """A component that a recipe may name: a network, a loss, a data set, a metric ...

        [component.name for component in ganzoo.list_components("loss")]

    kind, name: how a recipe finds it (`generator`, `denoise.dncnn`).
    target: where it is defined, `package.module:Class`, imported at first use.
    summary: the line a listing shows.
    package, version: the distribution it came with.
    formerly: names that it had in earlier versions.
    suffixes: of the files that a reader or writer is for, in lower case, as ".png".
    """

    kind: str
    name: str
    target: str
    summary: str
    package: str
    version: str
    formerly: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """`<ganzoo.Component loss l1: the mean absolute difference (ganzoo-core 0.2.0)>`."""
        return one_line(
            f"<ganzoo.Component {self.kind} {self.name}: {self.summary} "
            f"({self.package} {self.version})>"
        )

    def load(self) -> Any:
        """Import the component.

        Raises:
            PluginError: the target does not exist.
        """
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a stranger's module may raise anything
            raise PluginError(
                f"{self.kind} '{self.name}' of {self.package} {self.version} cannot be loaded from "
                f"{self.target} ({reason(error)})"
            ) from error


@dataclass
class Registry:
    """All components by kind and name; the plugins that could not be loaded, with the reason."""

    components: dict[tuple[str, str], Component] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    plugins: set[str] = field(default_factory=set)

    def add(self, component: Component) -> None:
        """Register a component.

        Raises:
            PluginError: the kind is unknown, the name is taken or none, or its summary no text.
        """
        _refuse_nonsense(component)
        if component.kind not in KINDS:
            hint = did_you_mean(component.kind, KINDS)
            raise PluginError(f"there is no kind of component '{component.kind}'.{hint}")
        key = (component.kind, component.name)
        if key in self.components:
            owner = self.components[key]
            raise PluginError(
                f"{component.kind} '{component.name}' is already registered by {owner.package} "
                f"({owner.target})"
            )
        self.components[key] = component

    def get(self, kind: str, name: str) -> Component:
        """The component of that kind and name.

        Raises:
            UnknownComponent: with the closest name, its new name, or the plugin that it is of.
        """
        component = self.components.get((kind, name))
        if component is not None:
            return component
        if new := self.new_name(kind, name):
            raise UnknownComponent(renamed(name, new, self.plugins))
        raise UnknownComponent(f"no {kind} is called '{name}'{self._reason(kind, name)}")

    def new_name(self, kind: str, name: str) -> str:
        """What a component of that kind is called now, or "" where it had no other name."""
        formerly = (c.name for c in self if c.kind == kind and name in c.formerly)
        return new_component(kind, name) or next(formerly, "")

    def missing(self, plugin: str) -> str:
        """That a plugin is not installed, and what to install."""
        package = PACKAGES.get(plugin)
        install = how_to_install(package) if package else "pip install the package that brings it"
        return f"no plugin '{plugin}' is installed; {install}"

    def find(self, name: str) -> list[Component]:
        """Every part of that name, whatever its kind."""
        return [component for component in self if component.name == name]

    def names(self, kind: str) -> list[str]:
        """The names of one kind, sorted."""
        return sorted(name for other, name in self.components if other == kind)

    def __iter__(self) -> Iterator[Component]:
        order = list(KINDS)
        return iter(
            sorted(
                self.components.values(), key=lambda c: (order.index(c.kind), "." in c.name, c.name)
            )
        )

    def _reason(self, kind: str, name: str) -> str:
        plugin, dot, _ = name.partition(".")
        if dot and plugin in self.broken:
            return f": plugin '{plugin}' is installed but failed to load ({self.broken[plugin]})"
        if dot and plugin not in self.plugins:
            return f": {self.missing(plugin)}"
        others = [component.kind for component in self.find(name)]
        if others:
            return f"; '{name}' is a {others[0]}"
        hint = did_you_mean(name, self.names(kind))
        return f".{hint or ' See: ganzoo list components'}"


def _refuse_nonsense(component: Component) -> None:
    """Plugins are not checked by types when they run."""
    formerly = component.formerly
    texts = (component.kind, component.name, component.target, component.summary, *formerly)
    if not all(isinstance(text, str) for text in texts):
        said = ", ".join(repr(text)[:40] for text in texts)
        raise PluginError(
            f"kind, name, target and summary of a component are texts, and not {said}"
        )
    if not NAME.fullmatch(component.name):
        raise PluginError(
            f"a component cannot be called {component.name!r}: use letters, digits and _"
        )
