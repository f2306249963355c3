"""The models of a demo, and which of their outputs a visitor can ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganzoo.builder.opening import Opening
from ganzoo.errors import ModelError
from ganzoo.inference.chosen_output import image_names
from ganzoo.inference.engines.engine_choice import Engine
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.scale import Scale
from ganzoo.inference.speeding import AskedPrecision
from ganzoo.inference.tiling.tiling import Tiling
from ganzoo.interfaces import Variable
from ganzoo.runs.layout import BEST_MODEL, RunPaths
from ganzoo.runs.model_names import ready_folder
from ganzoo.runs.path_checks import is_there


@dataclass(frozen=True)
class DemoOutput:
    """An output that is shown.

    image: the variable of the picture that it is made from; "" where it is drawn from latents.
    labels: the variables of the classes that a visitor chooses.
    tiling: how pictures are computed that the memory does not hold; None for draws.
    """

    model: Model
    name: str
    image: str
    labels: tuple[str, ...]
    scale: Scale
    tiling: Tiling | None

    @property
    def wire(self) -> OutputWire:
        """The output of the model."""
        return self.model.output(self.name)

    @property
    def read_as(self) -> Variable:
        """What a picture is read as."""
        return self.model.variables[self.image]

    @property
    def domain(self) -> Variable | None:
        """What the result is an image of; None where that is not known."""
        return self.model.variables.get(self.wire.domain)

    @property
    def seeded(self) -> bool:
        """Whether another seed may give another result."""
        wire = self.wire
        return wire.train_mode or bool(wire.component or wire.names & set(self.model.latents))

    def describe(self) -> dict[str, Any]:
        """What a visitor is told of it, as JSON."""
        labels = {name: list_classes(self.model.variables[name]) for name in self.labels}
        return {
            "name": self.name,
            "expression": str(self.wire.wire),
            "image": self.image or None,
            "labels": [{"name": name, "classes": classes} for name, classes in labels.items()],
            "seed": self.seeded,
        }


@dataclass(frozen=True)
class DemoModel:
    """A model that is shown.

    name: by which it is asked for. model: as it was loaded.
    outputs: those that are shown, by name. left_out: why the others are not.
    """

    name: str
    model: Model
    outputs: Mapping[str, DemoOutput]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """What a visitor is told of it, as JSON."""
        return {
            "name": self.name,
            "title": str(self.model.origin),
            "outputs": [output.describe() for output in self.outputs.values()],
            "left_out": dict(self.left_out),
        }


def list_classes(variable: Variable) -> list[str]:
    """The names of classes, or their numbers where they have none."""
    return [*(variable.labels or map(str, range(variable.classes or 0)))]


def open_models(
    openings: Mapping[str, Opening], scale: Scale = "trained", memory: int | None = None
) -> list[DemoModel]:
    """Load models, by the names under which they are shown.

    scale: see `ganzoo.inference.scale.Scale`. memory: the bytes that the program may take in all.

    Raises:
        GanzooError: one cannot be read, or has no output that can be shown.
    """
    return [
        show_model(name, opening.load(), scale, memory, opening.precision, opening.engine)
        for name, opening in openings.items()
    ]


def show_model(
    name: str,
    model: Model,
    scale: Scale = "trained",
    memory: int | None = None,
    precision: AskedPrecision = "float32",
    engine: Engine = "eager",
) -> DemoModel:
    """A model that was loaded, sped up.

    precision, engine: see `Model.speed_up`.

    Raises:
        ModelError: it has no output that can be shown.
    """
    fast = model.speed_up(precision, engine=engine)
    left_out = {each: why_not(fast, wire) for each, wire in fast.outputs.items()}
    usable = [each for each, why in left_out.items() if not why]
    if not usable:
        reasons = "; ".join(f"{each}: {why}" for each, why in left_out.items())
        raise ModelError(f"{name}: no output can be shown ({reasons or 'it has none'})")
    outputs = {each: _show_output(fast, each, scale, memory) for each in usable}
    return DemoModel(name, model, outputs, {each: why for each, why in left_out.items() if why})


def why_not(model: Model, wire: OutputWire) -> str:
    """Why an output cannot be shown; "" if it can."""
    needed = sorted(wire.names - set(model.latents))
    images = image_names(model, wire)
    others = [n for n in needed if n not in images and not model.variables[n].classes]
    shown = [model.variables[name] for name in (*images, wire.domain) if name in model.variables]
    if len(images) > 1:
        return f"it needs several pictures: {', '.join(images)}"
    if others:
        return f"it needs {', '.join(others)}, which is no picture"
    return "volumes are not shown" if any(each.depth for each in shown) else ""


def name_models(paths: Sequence[Path]) -> list[str]:
    """A short name for each model: of its run's folder, or of its file; never a whole path.

    paths: as they were typed. The name of a ready model, as `streets/cyclegan`, stays as it is.
    """
    names: list[str] = []
    for path in paths:
        stem, number = _short_name(path), 1
        name = stem
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names.append(name)
    return names


def _short_name(typed: Path) -> str:
    if not is_there(typed) and ready_folder(typed) is not None:
        return typed.as_posix()
    path = typed.absolute()
    if path.is_dir():
        return path.name
    of_folder = path.name in (RunPaths(path.parent).model.name, BEST_MODEL)
    return path.parent.name if of_folder else path.stem


def _show_output(model: Model, name: str, scale: Scale, memory: int | None) -> DemoOutput:
    wire = model.output(name)
    needed = sorted(wire.names - set(model.latents))
    image = next(iter(image_names(model, wire)), "")
    labels = tuple(each for each in needed if model.variables[each].classes)
    tiling = Tiling(model, wire, image, memory) if image else None
    return DemoOutput(model, name, image, labels if image else labels[:1], scale, tiling)
