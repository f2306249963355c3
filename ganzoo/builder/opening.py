"""A trained model, loaded and moved to the device that is asked for, or the fastest one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ganzoo.builder.trained import load_model
from ganzoo.engine.device import find_device
from ganzoo.inference.engines.engine_choice import Engine, default_device
from ganzoo.inference.model import Model
from ganzoo.inference.speeding import AskedPrecision
from ganzoo.recipe.loading import Source
from ganzoo.recipe.overrides import Overrides
from ganzoo.runs.model_files import best_model
from ganzoo.runs.model_names import find_model


def load_onto(
    path: Path,
    best: bool = False,
    device: str = "",
    *,
    recipe: Source | None = None,
    network: str = "",
    overrides: Overrides = (),
) -> Model:
    """The model of a run's folder, a checkpoint or a file, ready to compute.

    best: the run's best one, not its last. device: see `find_device`.
    recipe, network, overrides: see `load_model`.

    Raises:
        GanzooError: there is none, it cannot be read, or there is no such device.
    """
    where = find_device(device)
    place = best_model(path) if best else path
    return load_model(place, recipe=recipe, network=network, overrides=overrides).to(where)


@dataclass(frozen=True)
class Opening:
    """How a model is opened: in this process, and in others just so.

    path, best, device, recipe, network, overrides: see `load_onto`.
    precision, engine: see `Model.speed_up`.
    """

    path: Path
    best: bool = False
    device: str = ""
    recipe: str | None = None
    network: str = ""
    overrides: tuple[str, ...] = ()
    precision: AskedPrecision = "float32"
    engine: Engine = "eager"

    def __post_init__(self) -> None:
        """A name that may mean something else tomorrow becomes a place, for all processes."""
        object.__setattr__(self, "path", find_model(self.path))

    def load(self) -> Model:
        """The model as it was saved."""
        return load_onto(
            self.path,
            self.best,
            default_device(self.engine, self.device),
            recipe=self.recipe,
            network=self.network,
            overrides=self.overrides,
        )

    def open(self) -> Model:
        """The model, sped up."""
        return self.load().speed_up(self.precision, engine=self.engine)
