"""How components arrive: pluggy hooks, and a discovery that no broken plugin can stop.

A plugin is one light module named by an entry point of the group `ganzoo`:

    [project.entry-points.ganzoo]
    denoise = "ganzoo_denoise"

Its components are called `denoise.<name>` in recipes: a plugin cannot shadow the core or another
plugin.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from ganzoo.errors import reason
from ganzoo.registry.components import Component, PluginError, Registry
from ganzoo.registry.packages import MODEL_FILE, entry_points, installed_version, named
from ganzoo.registry.plugin_api import CORE, load_plugin

if TYPE_CHECKING:
    import typer

GROUP = "ganzoo"
NAME = re.compile(r"[^\W\d][\w-]*")
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class Register(Protocol):
    """`register("generator", "dncnn", "ganzoo_denoise.networks:DnCNN", summary="...")`."""

    def __call__(
        self,
        kind: str,
        name: str,
        target: str,
        *,
        summary: str,
        formerly: Iterable[str] = (),
        suffixes: Iterable[str] = (),
    ) -> None:
        """Add one component; `target` is imported when a recipe first uses it.

        formerly: names that it had in earlier versions of the package. A recipe with such a name is
            refused with the new one; runs and models that were saved with it still open.
        suffixes: of the files that a reader or writer is for, in lower case, as ".png".
        """


class Hooks:
    """What a plugin may implement; each hook is optional."""

    @hookspec
    def register_components(self, register: Register) -> None:
        """Register components. Import nothing heavy here: every `ganzoo list` runs it."""

    @hookspec
    def register_recipes(self, register: Callable[[Path], None]) -> None:
        """Name a folder of recipes (`*.toml`) that the package ships."""

    @hookspec
    def register_models(self, register: Callable[[Path], None]) -> None:
        """Name a folder of ready models: `FOLDER/streets/cyclegan/model.safetensors`, its card.

        That one is `streets/cyclegan` wherever a model is asked for. The first plugin that has a
        name keeps it.
        """

    @hookspec
    def register_commands(self, app: typer.Typer) -> None:
        """Add commands to `ganzoo`."""


@dataclass(frozen=True)
class Plugin:
    """An installed plugin: its entry point's name, its distribution, and what is wrong with it.

    printed: what it printed when it was imported, which listings must not hold.
    """

    name: str
    package: str
    version: str
    problem: str = ""
    printed: str = ""


@dataclass(eq=False)
class Zoo:
    """Everything installed: components, recipes, ready models by name, and plugins."""

    registry: Registry = field(default_factory=Registry)
    plugins: list[Plugin] = field(default_factory=list)
    recipes: dict[str, tuple[Path, Plugin]] = field(default_factory=dict)
    models: dict[str, tuple[Path, Plugin]] = field(default_factory=dict)
    modules: list[tuple[Plugin, Any]] = field(default_factory=list)


@functools.cache
def installed() -> Zoo:
    """What is installed here, discovered once."""
    points, unreadable = entry_points(GROUP)
    zoo = discover(points)
    for package, version, problem in unreadable:
        _note(zoo, Plugin(package, package, version), problem)
    return zoo


def discover(points: Iterable[EntryPoint]) -> Zoo:
    """Components of the core and of every plugin that loads; the others are named with a reason."""
    zoo = Zoo()
    _load(
        zoo,
        Plugin("", CORE, installed_version(CORE)),
        lambda: import_module("ganzoo.registry.builtins"),
    )
    for point in sorted(points, key=lambda p: (p.name, p.value)):
        plugin = Plugin(point.name or "?", *named(point.dist))
        _load(zoo, plugin, functools.partial(load_plugin, point))
    return zoo


def _load(zoo: Zoo, plugin: Plugin, load: Callable[[], Any]) -> None:
    """Register one plugin whole, or not at all."""
    trial, printed = Zoo(), io.StringIO()
    try:
        _refuse_name(zoo, plugin)
        with redirect_stdout(printed):
            module = load()
            _call_hooks(trial, plugin, module)
    except PluginError as error:
        _note(zoo, plugin, " ".join(str(error).split()))
        return
    except KeyboardInterrupt:  # the user's
        raise
    except BaseException as error:  # a stranger's module may raise anything
        _note(zoo, plugin, reason(error))
        return
    plugin = replace(plugin, printed=" ".join(printed.getvalue().split()))
    zoo.plugins.append(plugin)
    zoo.registry.plugins.add(plugin.name)
    zoo.registry.components.update(trial.registry.components)
    zoo.recipes.update(trial.recipes)
    zoo.models = trial.models | zoo.models
    zoo.modules.append((plugin, module))


def _note(zoo: Zoo, plugin: Plugin, problem: str) -> None:
    zoo.plugins.append(Plugin(plugin.name, plugin.package, plugin.version, problem))
    if plugin.name not in zoo.registry.plugins:
        zoo.registry.broken.setdefault(plugin.name, problem)


def _refuse_name(zoo: Zoo, plugin: Plugin) -> None:
    if plugin.name and not NAME.fullmatch(plugin.name):
        raise PluginError(f"an entry point cannot be called {plugin.name!r}: use letters and _")
    for other in zoo.plugins:
        if other.name == plugin.name:
            raise PluginError(f"the plugin name '{plugin.name}' is taken by {other.package}")


def hooks_of(module: Any, name: str) -> Any:
    """What a plugin's module implements of `Hooks`, to be called by name.

    Raises:
        pluggy.PluginValidationError: a hook that does not exist, or takes other arguments.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    manager.register(module, name=name or "core")
    manager.check_pending()
    return manager.hook


def _call_hooks(zoo: Zoo, plugin: Plugin, module: Any) -> None:
    hooks = hooks_of(module, plugin.name)
    prefix = f"{plugin.name}." if plugin.name else ""

    def register(
        kind: str,
        name: str,
        target: str,
        *,
        summary: str,
        formerly: Iterable[str] = (),
        suffixes: Iterable[str] = (),
    ) -> None:
        origin = plugin.package, plugin.version
        old = tuple(prefix + each for each in formerly)
        zoo.registry.add(
            Component(kind, prefix + name, target, summary, *origin, old, tuple(suffixes))
        )

    def register_folder(folder: Path) -> None:
        for path in sorted(Path(folder).glob("*.toml")):
            zoo.recipes[prefix + path.stem] = (path, plugin)

    def register_ready(folder: Path) -> None:
        for path in sorted(Path(folder).glob(f"*/*/{MODEL_FILE}")):
            place = path.parent
            zoo.models[f"{place.parent.name}/{place.name}"] = (place, plugin)

    hooks.register_components(register=register)
    hooks.register_recipes(register=register_folder)
    hooks.register_models(register=register_ready)
