"""Weights in, Model out: what trained networks need to be used, and nothing that trains them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.fitting import check_fit, check_sizes, check_weights, make_unstarted
from ganzoo.builder.likely import refuse_misfit
from ganzoo.builder.resolve import read
from ganzoo.builder.weight_source import WeightSource, find_weights
from ganzoo.engine.checkpoint import load_module
from ganzoo.errors import GanzooError, ModelError, RecipeError, first_line
from ganzoo.expression import names
from ganzoo.inference.model import Model, resting_modules
from ganzoo.inference.origin import Origin
from ganzoo.recipe.loading import Source
from ganzoo.recipe.older import up_to_date
from ganzoo.recipe.overrides import Overrides, override
from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.validation import check_tables
from ganzoo.registry.discovery import installed
from ganzoo.registry.needed_packages import find_lacking

HUB = "hub"  # the word for weights that are fetched from the network


def load_model(
    path: str | Path,
    *,
    recipe: Source | None = None,
    network: str = "",
    overrides: Overrides = (),
) -> Model:
    """Open a trained model; nothing is unpickled, and only what an hf: name names is fetched.

        model = ganzoo.load_model("runs/cyclegan")
        labels = model("x2y", x="photo.png")

    path: a run's folder, a checkpoint's, a `model.safetensors`, or a `.pth` of the authors' code;
        or the name of a ready model, as "streets/cyclegan": see `ganzoo list models`; a bundle;
        or a model of Hugging Face's hub, as "hf:me/streets" or "hf:me/streets@v2".
    recipe: the recipe by which a `.pth` was trained, or a checkpoint outside its run.
    network: which of the recipe's networks a `.pth` holds; left out, the one of the first output.
    overrides: settings of the recipe to change, as `["networks.G.blocks=6"]`.

    Raises:
        ModelError: it is missing, damaged, or needs a plugin that is not installed.
    """
    return open_model(path, overrides=overrides, recipe=recipe, network=network)[1]


def open_model(
    path: str | Path,
    change: Mapping[str, Any] | None = None,
    overrides: Overrides = (),
    *,
    recipe: Source | None = None,
    network: str = "",
) -> tuple[Blueprint, Model]:
    """A trained model and its blueprint.

    change: tables of the recipe to replace, as `{"metrics": {...}}`.
    overrides: settings to change after that, as `["data.root=photos"]`.
    recipe, network: see `load_model`.

    Raises:
        ModelError: as `load_model`; or the file has no network that a changed table needs.
    """
    return open_weights(find_weights(Path(path), recipe, network), change, overrides)


def open_weights(
    source: WeightSource, change: Mapping[str, Any] | None = None, overrides: Overrides = ()
) -> tuple[Blueprint, Model]:
    """As `open_model`, of weights whose place is known.

    Raises:
        ModelError: as there.
    """
    try:
        blueprint = _blueprint(source, change or {}, overrides)
        return blueprint, _model(blueprint, source)
    except (GanzooError, MemoryError):
        raise
    except Exception as error:  # whatever a hostile header makes of what reads it
        reason = first_line(error)
        raise ModelError(
            f"{source.file}: this is no ganzoo model, or a damaged one ({reason:.200})"
        ) from error


def reread(model: Model, overrides: Overrides = ()) -> Blueprint:
    """The blueprint of a model that is open, by its own recipe with other settings.

    Raises:
        ModelError: its recipe is not known, or cannot be read so.
    """
    origin = model.origin
    if origin.recipe is None:
        raise ModelError("the recipe of this model is not known: it was not read by load_model")
    file = origin.file or Path(origin.recipe.name or "recipe")
    weights = WeightSource(file, {"shared": {}}, origin.recipe.to_dict(), not origin.from_file)
    blueprint = _blueprint(weights, {}, overrides)
    if weights.is_reference:
        _keep_outputs(blueprint, {*model.networks}, file)
    return blueprint


def _blueprint(source: WeightSource, change: Mapping[str, Any], overrides: Overrides) -> Blueprint:
    given = overrides if isinstance(overrides, Mapping) else [*overrides]
    try:
        tables = override({**up_to_date(dict(source.tables)), **change}, given)
        recipe = check_tables(_without_training(tables), str(source.file))
        blueprint = read(recipe, installed().registry, str(source.file), trains=False)
    except RecipeError as error:
        raise ModelError(f"{error}{_missing_plugins(source.header)}") from error
    check_sizes(blueprint, source.file)
    if not source.typed:
        blueprint.unasked = _unasked({"metrics": {}, **source.tables}, tables, given)
    return blueprint


def _model(blueprint: Blueprint, source: WeightSource) -> Model:
    held = source.holds(blueprint)
    if source.is_reference:
        _keep_outputs(blueprint, held, source.file)
    check_fit(blueprint, held, source)
    tensors = source.tensors(next(iter(held), ""))
    networks = make_unstarted(blueprint, held, "cpu", source.file)
    for name, network in networks.items():
        state, shared = source.state(name, tensors)
        check_weights(state, f"{source.file}: {name}")
        if source.is_reference:
            refuse_misfit(network, blueprint.networks[name], state, source.file)
            state = {**network.state_dict(), **state}  # a .pth of old torch lacks counters
        load_module(network, state, shared, f"{source.file}: {name}")
    model = blueprint.model(networks, resting_modules(networks), _origin(blueprint.recipe, source))
    for network in networks.values():
        network.eval()
    return model


def _origin(recipe: Recipe, source: WeightSource) -> Origin:
    averaged = recipe.ema is not None and not source.is_reference
    step = None if source.is_reference else source.header.get("step", 0)
    return Origin(recipe, source.file, step, averaged, from_file=not source.typed)


def _keep_outputs(blueprint: Blueprint, networks: set[str], file: Path) -> None:
    """Leave the outputs that these networks alone make."""
    gone = {n for n in blueprint.outputs if not blueprint.output(n).networks <= networks}
    for name in gone:
        del blueprint.outputs[name]
    for name, plan in [*blueprint.metrics.items()]:
        lost = sorted(gone & {n for wire in plan.wires.values() for n in names(wire)})
        if lost:
            del blueprint.metrics[name]
            why = f"the file does not make the output {', '.join(lost)}"
            blueprint.warnings.append(f"metrics.{name} is left out: {why}")
    if not blueprint.outputs:
        raise ModelError(f"{file}: no output of the recipe is made by {', '.join(networks)} alone")


def _unasked(
    tables: Mapping[str, Any], final: Mapping[str, Any], overrides: Overrides
) -> frozenset[str]:
    """The metrics that would fetch weights because a file says so, and no person did."""
    keys = overrides if isinstance(overrides, Mapping) else [o.partition("=")[0] for o in overrides]
    typed = tuple(f"{key.strip()}." for key in keys)
    still = {path for path in _lookups(final.get("metrics"), "metrics")}
    said = {p for p in _lookups(tables["metrics"], "metrics") if p in still}
    return frozenset(p.split(".")[1] for p in said if not f"{p}.".startswith(typed))


def _lookups(value: Any, path: str) -> Iterator[str]:
    """The paths of all settings that ask for weights from the network."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _lookups(inner, f"{path}.{key}")
    elif value == HUB:
        yield path


def _without_training(tables: dict[str, Any]) -> dict[str, Any]:
    """Without what only training does: its plugins, and the best's metric, may be gone."""
    only = ("callbacks", "augmentations")
    tables = {key: table for key, table in tables.items() if key not in only}
    table = tables.get("checkpoints")
    return {**tables, "checkpoints": {**table, "best": ""}} if isinstance(table, dict) else tables


def _missing_plugins(header: Mapping[str, Any]) -> str:
    packages = header.get("packages")
    if not packages:
        return ""
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    advice = (f"\n  {package.advice()}" for package in find_lacking(packages))
    return f"\n  the file was made with {versions}{''.join(advice)}"
