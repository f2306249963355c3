"""From a recipe's tables to a blueprint; nothing is built but data and latents, which are light."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Sequence

from ganzoo.builder.blueprint import Blueprint, ComponentPlan, InitPlan, OutputPlan
from ganzoo.builder.bounds import oversized
from ganzoo.builder.channel_faults import settle_channels
from ganzoo.builder.lookup import Lookup
from ganzoo.builder.resolve_augmentations import read_augmentations
from ganzoo.builder.resolve_callbacks import read_callbacks
from ganzoo.builder.resolve_metrics import add_default_metrics, check_best, read_metric
from ganzoo.builder.resolve_terms import read_schedule, read_terms, refuse_taken, try_components
from ganzoo.builder.roles import DISCRIMINATORS, GENERATORS, check_players
from ganzoo.builder.wires import check_wires
from ganzoo.errors import Fault, RecipeError, choices
from ganzoo.expression import Name
from ganzoo.recipe.own_images import own_images
from ganzoo.recipe.places import kind_of_network
from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.standins import is_spoiled
from ganzoo.recipe.tables import ComponentTable, NetworkTable, OutputTable, PlayerTable
from ganzoo.registry.components import Registry
from ganzoo.registry.signature import wires

PLAYERS = (GENERATORS, DISCRIMINATORS)


def read(
    recipe: Recipe, registry: Registry, source: str, also: Sequence[Fault] = (), trains: bool = True
) -> Blueprint:
    """What the recipe means.

    also: what is known to be wrong with its tables.
    trains: whether it will be trained; if not, optimizers are not tried.

    Raises:
        RecipeError: everything wrong with its names, settings and wires, at once.
    """
    blueprint, lookup = Blueprint(recipe), Lookup(registry)
    tables = (_read_data, _read_latents, read_terms, _read_networks, _read_rest)
    for step in (*tables, check_wires, check_players, settle_channels, add_default_metrics):
        step(blueprint, lookup)
    try_components(blueprint, lookup, trains, faulty=bool(also))
    if lookup.faults or also:
        more = [fault for fault in lookup.faults if not is_spoiled(fault.path, also)]
        raise RecipeError(source, [*also, *more])
    return blueprint


def _read_data(blueprint: Blueprint, lookup: Lookup) -> None:
    begin, table = len(lookup.faults), blueprint.recipe.data
    blueprint.data = lookup.plan("data", table, "data")
    faults, registry = lookup.faults[begin:], lookup.registry
    lookup.faults[begin:] = [own_images(fault, table, registry) for fault in faults]
    blueprint.dataset = lookup.make(blueprint.data)
    if blueprint.dataset is not None:
        blueprint.variables = dict(blueprint.dataset.variables)
        if too_large := oversized(blueprint.variables):
            lookup.fault("data", too_large)


def _read_latents(blueprint: Blueprint, lookup: Lookup) -> None:
    for name, table in blueprint.recipe.latents.items():
        path = f"latents.{name}"
        _check_name(name, path, blueprint, lookup)
        plan = lookup.plan("latent", table, path)
        latent = lookup.make(plan)
        if plan is None or latent is None or blueprint.dataset is None:
            continue
        try:
            blueprint.variables[name] = latent.variable(blueprint.variables)
            if too_large := oversized({name: blueprint.variables[name]}):
                raise ValueError(too_large)
        except ValueError as error:
            lookup.fault(path, str(error))
        blueprint.latents[name], blueprint.latent_samplers[name] = plan, latent


def _read_networks(blueprint: Blueprint, lookup: Lookup) -> None:
    for name, table in blueprint.recipe.networks.items():
        path = f"networks.{name}"
        _check_name(name, path, blueprint, lookup)
        refuse_taken(name, path, lookup)
        plan = lookup.plan(_kind(name, table, blueprint, lookup), table, path)
        init = table.init or _default_init(plan)
        start = lookup.plan("init", init, f"{path}.init") if init else None
        if plan is not None:
            blueprint.networks[name] = plan
        if start is not None:
            blueprint.inits[name] = InitPlan(start, lookup.make(start))


def _check_name(name: str, path: str, blueprint: Blueprint, lookup: Lookup) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        lookup.fault(
            path, f"'{name}' cannot stand in a wire: use one word of letters, digits and _"
        )
    elif unicodedata.normalize("NFKC", name) != name:
        plain = unicodedata.normalize("NFKC", name)
        lookup.fault(path, f"in a wire '{name}' reads as '{plain}': call it '{plain}'")
    elif name in blueprint.variables:
        lookup.fault(path, f"the data already has a variable '{name}'; choose another name")


def _kind(name: str, table: NetworkTable, blueprint: Blueprint, lookup: Lookup) -> str:
    """A network's kind follows its role: a discriminator is outermost in an adversarial term.

    Where a term could not be read, its role may be unknown: then its type decides.
    """
    unread = len(blueprint.terms) < max(1, len(blueprint.recipe.losses))
    known = ("discriminator", table.type) in lookup.registry.components
    is_discriminator = name in blueprint.discriminators or (unread and known)
    return kind_of_network(table.type, is_discriminator, lookup.registry)


def _default_init(plan: ComponentPlan | None) -> ComponentTable | None:
    default = getattr(plan.component_class, "default_init", None) if plan else None
    return ComponentTable(type=default) if default else None


def _read_rest(blueprint: Blueprint, lookup: Lookup) -> None:
    recipe = blueprint.recipe
    for name, output in recipe.outputs.items():
        _check_output(name, blueprint, lookup)
        if isinstance(output, OutputTable):
            _read_output(name, output, blueprint, lookup)
        elif wire := lookup.wire(output.expression, f"outputs.{name}"):
            blueprint.outputs[name] = wire
    for text in recipe.samples.show:
        wire = lookup.wire(text, "samples.show")
        blueprint.samples += [wire] if wire else []
    _check_players(blueprint, lookup)
    players = ["default", *PLAYERS, *recipe.players]
    for name, table in recipe.optimizers.items():
        if name not in (*players, *recipe.networks):
            hint = choices(name, [*players, *recipe.networks])
            lookup.fault(f"optimizers.{name}", f"there is no player or network '{name}'.{hint}")
        plan = lookup.plan("optimizer", table, f"optimizers.{name}", skip=1)
        blueprint.optimizers |= {name: plan} if plan else {}
    blueprint.schedule = read_schedule(recipe.schedule, "schedule", lookup)
    _check_averages(blueprint, lookup)
    for name, metric in recipe.metrics.items():
        read_metric(name, metric, blueprint, lookup)
    read_callbacks(blueprint, lookup)
    read_augmentations(blueprint, lookup)
    check_best(blueprint, lookup)


def _read_output(name: str, table: OutputTable, blueprint: Blueprint, lookup: Lookup) -> None:
    path, latents = f"outputs.{name}", blueprint.recipe.latents
    output_class = lookup.load("output", table.type, path)
    if output_class is None:
        return
    wanted = wires(output_class.make)
    plan = lookup.plan("output", table, path, without=wanted)
    read = lookup.wires(table, wanted, path)
    component = lookup.make(plan)
    for wire in output_class.latents:
        if wire in read and str(read[wire]) not in latents:
            hint = choices(str(read[wire]), latents)
            lookup.fault(f"{path}.{wire}", f"this must be the name of a latent.{hint}")
    if plan is not None:
        blueprint.outputs[name] = Name(name)
        blueprint.component_outputs[name] = OutputPlan(plan, component, read)


def _check_averages(blueprint: Blueprint, lookup: Lookup) -> None:
    ema, known = blueprint.recipe.ema, blueprint.recipe.networks
    for name in ema.networks if ema else ():
        if name not in known:
            lookup.fault("ema.networks", f"there is no network '{name}'.{choices(name, known)}")
    if ema and ema.half_life is not None and ema.decay is not None:
        lookup.fault("ema", "give decay or half_life, not both: one follows from the other")


def _check_output(name: str, blueprint: Blueprint, lookup: Lookup) -> None:
    """In samples and metrics an output's name would hide what else is called so."""
    recipe = blueprint.recipe
    if name in (*recipe.networks, *recipe.latents, *blueprint.variables):
        what = "network" if name in recipe.networks else "variable"
        lookup.fault(f"outputs.{name}", f"there is a {what} '{name}' already; choose another name")
    elif name == "type":
        lookup.fault("outputs.type", "'type' is a key that names a component; choose another name")


def _check_players(blueprint: Blueprint, lookup: Lookup) -> None:
    for name, table in blueprint.recipe.players.items():
        path = f"players.{name}"
        if name == "order" and isinstance(table, PlayerTable):
            message = 'this is a list, as ["generators", "discriminators"], and no player\'s name'
            lookup.fault(path, message)
        elif name == "default":
            lookup.fault(path, "optimizers.default is for all players; choose another name")
        elif not name.isidentifier():
            lookup.fault(path, "a player's name is one word of letters, digits and _")
        elif name in blueprint.recipe.networks:
            lookup.fault(path, f"there is a network '{name}' already; choose another name")
        elif isinstance(table, PlayerTable) and not table.networks and name not in PLAYERS:
            hint = choices(name, PLAYERS)
            lookup.fault(path, f"there is no player '{name}', and it has no networks.{hint}")
