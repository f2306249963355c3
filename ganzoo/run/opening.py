"""A trained model where it computes fastest."""

from __future__ import annotations

from pathlib import Path

from ganzoo.build import load_model
from ganzoo.loading import Overrides, Source
from ganzoo.play.device import device_named
from ganzoo.play.model import Model
from ganzoo.run.best import best_model


def opened(
    path: Path,
    best: bool = False,
    device: str = "",
    *,
    recipe: Source | None = None,
    network: str = "",
    overrides: Overrides = (),
) -> Model:
    """The model of a run's folder, a checkpoint or a file, ready to compute.

    best: the run's best one, not its last. device: see `device_named`.
    recipe, network, overrides: see `load_model`.

    Raises:
        GanzooError: there is none, it cannot be read, or there is no such device.
    """
    where = device_named(device)
    place = best_model(path) if best else path
    return load_model(place, recipe=recipe, network=network, overrides=overrides).to(where)
