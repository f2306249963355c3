"""The augmentations of a recipe, and the images of the data that each of them changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.lookup import Lookup
from ganzoo.engine.augmenting import AugmentationStep
from ganzoo.errors import choices
from ganzoo.interfaces import Augmentation, Variable
from ganzoo.recipe.tables import AugmentationTable

Variables = Mapping[str, Variable]


def read_augmentations(blueprint: Blueprint, lookup: Lookup) -> None:
    """Find the augmentations, and make a step of each that fits the data."""
    for name, table in blueprint.recipe.augmentations.items():
        path = f"augmentations.{name}"
        plan = lookup.plan("augmentation", table, path)
        augmentation = lookup.make(plan)
        blueprint.augmentations |= {name: plan} if plan else {}
        if augmentation is None or blueprint.dataset is None:
            continue
        changed = _find_changed(table, path, augmentation, blueprint, lookup)
        together = blueprint.dataset.trains_on_pairs
        groups = [changed] if together else [{key: value} for key, value in changed.items()]
        _check(augmentation, groups, path, lookup)
        blueprint.augmentation_steps.append(AugmentationStep(name, augmentation, groups))


def _find_changed(
    table: AugmentationTable,
    path: str,
    augmentation: Augmentation,
    blueprint: Blueprint,
    lookup: Lookup,
) -> Variables:
    """The variables that an augmentation changes; what is wrong with those that it names."""
    assert blueprint.dataset is not None
    images = {n: v for n, v in blueprint.dataset.variables.items() if v.size and not v.classes}
    able = images if augmentation.geometric else _without_label_maps(images)
    for name in table.variables or ():
        _check_name(name, f"{path}.variables", images, able, lookup)
    changed = {n: v for n, v in able.items() if n in (table.variables or able)}
    split = blueprint.dataset.trains_on_pairs and augmentation.geometric and changed != images
    if split and lookup.sound(path):
        lookup.fault(
            f"{path}.variables",
            f"{', '.join(images)} show the same scene, and would no longer fit together: leave out "
            "`variables`, then they are all changed alike",
        )
    if not able:
        lookup.fault(path, f"there are no images that '{table.type}' could change")
    return changed


def _without_label_maps(images: Variables) -> Variables:
    return {name: image for name, image in images.items() if image.interpolation != "nearest"}


def _check_name(name: str, path: str, images: Variables, able: Variables, lookup: Lookup) -> None:
    if name in images and name not in able:
        lookup.fault(
            path, f"'{name}' is a label map (interpolation = \"nearest\"): its values stay"
        )
    elif name not in images:
        lookup.fault(path, f"the data has no image '{name}'.{choices(name, [*able])}")


def _check(
    augmentation: Augmentation, groups: Sequence[Variables], path: str, lookup: Lookup
) -> None:
    """Ask whether it can change these images, each group together; one fault is enough."""
    try:
        for group in groups:
            augmentation.check(group)
    except ValueError as error:
        lookup.fault(path, str(error))
