"""The self-describing model file: weights that outputs need, and the recipe in its header."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ganzoo.builder.blueprint import Blueprint, ComponentPlan
from ganzoo.builder.experiment import Experiment
from ganzoo.engine.checkpoint import Tensors, add_prefix, module_state, write_tensors
from ganzoo.registry.discovery import installed


def write_model(experiment: Experiment, path: Path, step: int) -> None:
    """Write the networks that the outputs reach; `load_model` reads it anywhere."""
    networks = experiment.model().networks  # averages where they are kept
    write_networks(experiment.blueprint, networks, path, {"step": step})


def write_networks(
    blueprint: Blueprint, networks: Mapping[str, nn.Module], path: Path, more: Mapping[str, Any]
) -> None:
    """Write a model file of these networks.

    more: what its header says beside the recipe.
    """
    header: dict[str, Any] = {
        "recipe": blueprint.recipe.to_dict(),
        **more,
        "packages": packages(blueprint),
        "shared": {},
    }
    tensors: Tensors = {}
    for name in sorted(blueprint.shipped):
        key = f"network/{name}"
        state, header["shared"][key] = module_state(networks[name])
        tensors |= add_prefix(f"{key}/", state)
    write_tensors(path, tensors, header)


def packages(blueprint: Blueprint) -> dict[str, str]:
    """The distributions whose components the recipe uses, with their versions."""
    plans: list[ComponentPlan | None] = [blueprint.data]
    plans += [blueprint.schedule.schedule] if blueprint.schedule else []
    plans += [*blueprint.networks.values(), *blueprint.latents.values()]
    plans += [term.loss for term in blueprint.terms]
    plans += [output.plan for output in blueprint.component_outputs.values()]
    components = [installed().registry.get(plan.kind, plan.name) for plan in plans if plan]
    return {component.package: component.version for component in components}
