"""The tables of a recipe that name components, and the keys of ganzoo's own in them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ganzoo.recipe.duration import DurationField


class Table(BaseModel):
    """A table of the host: keys it does not know are faults."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ComponentTable(BaseModel):
    """A table that names a registered component; the keys beside `type` are its settings."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)

    type: str

    @property
    def settings(self) -> dict[str, Any]:
        """What goes to the component's constructor."""
        return dict(self.model_extra or {})


class NetworkTable(ComponentTable):
    """A network: how its weights start, and whether they move.

    init: how weights start; left out, the network's own way.
    weights: a model file to start from instead (`.safetensors`, or the reference's `.pth`).
    partial: take of that file what fits by name and shape; otherwise all of it must.
    trainable: false keeps the network as it is, in evaluation mode.
    """

    init: ComponentTable | None = None
    weights: str | None = None
    partial: bool = False
    trainable: bool = True


class ScheduleTable(ComponentTable):
    """A schedule.

    warmup: how long the factor rises in a straight line from 0, before the schedule alone counts.
    """

    warmup: DurationField | None = None


class WeightTable(ScheduleTable):
    """A weight that follows a schedule: `value` times its factor."""

    value: float = 1.0


class PenaltyTable(ComponentTable):
    """A loss of the discriminator beside its term; weight 0 drops it, a schedule never does."""

    weight: float | WeightTable = 1.0


class TermTable(ComponentTable):
    """A term of the objective; beside its settings it holds its wires.

    weight: scales the term (the generators' side of an adversarial one); 0 drops it. A schedule
        multiplies it, and never drops it.
    player: who minimises it, where the default is not meant.
    buffer: what the discriminator is shown in place of the newest fakes.
    penalties: what the discriminator pays beside.
    """

    weight: float | WeightTable = 1.0
    player: str | None = None
    buffer: ComponentTable | None = None
    penalties: list[PenaltyTable] = Field(default=[], max_length=16)


class OptimizerTable(ComponentTable):
    """An optimizer.

    clip_norm: the largest norm that the gradient of all its parameters together may have.
    """

    clip_norm: float | None = Field(default=None, gt=0)


class MetricTable(ComponentTable):
    """A metric on test samples.

    when: "run" computes it at a run's end; "compare" only for `ganzoo compare` and where
        `ganzoo evaluate` is asked for it, as it takes long.
    every: compute it while training as well; left out, at the end only.
    images: of how many items of each wire at most while training, as that takes time; left out, of
        all.
    """

    when: Literal["run", "compare"] = "run"
    every: DurationField | None = None
    images: int | None = Field(default=None, ge=4)


class AugmentationTable(ComponentTable):
    """Random changes of training samples.

    variables: the images that it changes; left out, all that it suits.
    """

    variables: list[str] | None = Field(default=None, min_length=1)


class ExpressionTable(Table):
    """What samples, metrics and `ganzoo translate` may ask for by name.

    mode: "train" keeps dropout and batch statistics as in training, where a paper does.
    """

    expression: str
    mode: Literal["eval", "train"] = "eval"


class OutputTable(ComponentTable):
    """An output that a component makes; beside its settings it holds its wires."""


class PlayerTable(Table):
    """A player: its networks, where the default is not meant, and how it moves.

    every: it moves on every n-th step only.
    fresh: it is given batches and latents of its own, in place of those that all share.
    """

    networks: list[str] = []
    every: int = Field(default=1, ge=1)
    fresh: bool = False
