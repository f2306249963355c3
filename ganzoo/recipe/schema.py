"""A recipe: the tables of a TOML file as objects. What the names mean is the build layer's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import tomli_w
from pydantic import Field, field_validator, model_validator

from ganzoo.printing.memory_text import read_memory
from ganzoo.recipe.duration import Duration, DurationField
from ganzoo.recipe.tables import (
    AugmentationTable,
    ComponentTable,
    ExpressionTable,
    MetricTable,
    NetworkTable,
    OptimizerTable,
    OutputTable,
    PlayerTable,
    ScheduleTable,
    Table,
    TermTable,
)

MANY = Field(max_length=256)  # more networks, terms or columns than any paper has
LONGEST = 200  # bytes of a name; file systems take 255, and files get suffixes
# What Windows keeps for devices, whatever follows after a dot.
DEVICES = (
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
)


def is_folder_name(name: str) -> bool:
    """Whether a recipe's name can name a folder of its own, and nothing outside of it."""
    words = name.strip() == name and name.partition(".")[0].lower() not in ("", *DEVICES)
    sound = words and name.isprintable() and not name.endswith(".")
    return sound and len(name.encode()) <= LONGEST and not any(sign in name for sign in "/\\:")


DECAY = 0.999  # of averages, where a recipe asks for them and says no more


class AveragesTable(Table):
    """Exponential moving averages of weights, for outputs, samples and metrics.

    decay: how much of an average each step keeps; 0.999 where neither is given.
    half_life: instead, how long until half of a weight is forgotten.
    warmup: keep less at first, min(decay, (1 + t) / (10 + t)).
    networks: which; left out, all that are trained and no discriminators.
    """

    decay: float | None = Field(default=None, ge=0, lt=1)
    half_life: DurationField | None = None
    warmup: bool = True
    networks: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _without_an_old_default(cls, table: Any) -> Any:
        """ganzoo 0.1 wrote its default into filled recipes and models beside a half-life."""
        if isinstance(table, dict) and "half_life" in table and table.get("decay") == DECAY:
            return {key: value for key, value in table.items() if key != "decay"}
        return table

    def filled(self) -> AveragesTable:
        """With the decay that is meant, unless it follows from the half-life."""
        given = self.decay is not None or self.half_life is not None
        return self if given else self.model_copy(update={"decay": DECAY})


class TrainTable(Table):
    """How long, on how much, from which seed.

    length: the whole training, learning-rate decay included.
    batch_size: samples a micro-batch in each process.
    accumulate: micro-batches whose gradients make one step.
    workers: processes that load data beside the training; 0 loads in the training's own.
    precision: "bf16" and "fp16" run networks in half precision; weights and losses stay whole.
        "auto" is bf16 where the device has arithmetic for it and no player takes gradients inside
        its forward pass, as penalties do; else float32. A run's recipe says which it was.
    tf32: on NVIDIA's GPUs, float32 convolutions and matrix products round their factors to TF32.
    device: "auto" takes an accelerator where there is one.
    compile: run players through torch.compile; those with penalties stay as they are.
    channels_last: on NVIDIA's GPUs, keep the convolutions in that memory layout.
    memory: "8G" or "1500M": what a training may take at its peak. Where the estimate is above it,
        networks that can compute blocks again in the backward pass do so (`checkpointing`), then
        batches are split into micro-batches. A run's recipe says what was chosen. Left out, nothing
        is changed.
    tune: before training, time a few ways to compute a step that differ by rounding, and keep the
        fastest: compile or not, and where the recipe leaves that open, channels_last on a GPU and
        precision. A run's recipe says which it was.
    log_every: how often losses are read back, shown and written to log.jsonl.
    """

    length: DurationField
    batch_size: int = Field(default=1, ge=1, le=2**14)
    accumulate: int = Field(default=1, ge=1, le=2**14)
    seed: int = Field(default=0, ge=0)
    workers: int = Field(default=0, ge=0, le=1024)
    precision: Literal["auto", "float32", "float64", "bf16", "fp16"] = "float32"
    tf32: bool = True
    device: Literal["auto", "cpu"] = "auto"
    compile: bool = False
    channels_last: bool = False
    memory: str | None = None
    tune: bool = False
    log_every: DurationField = Duration(50, "steps")

    @field_validator("memory")
    @classmethod
    def _an_amount(cls, memory: str | None) -> str | None:
        """It is read where training starts; a wrong one is refused at once."""
        if memory is not None:
            read_memory(memory)
        return memory


class SamplesTable(Table):
    """The picture a run shows of itself: a row a test sample, a column a wire."""

    show: Annotated[list[str], MANY] = []
    count: int = Field(default=6, ge=1, le=1024)
    every: DurationField = Duration(500, "steps")


class CheckpointsTable(Table):
    """What a run keeps: the last `keep`, and for good every `keep_every`.

    best: the metric and its score by which the best model is kept, as "labels.class_iou"; left
        out, the first score of the first metric that has an `every`.
    validation: the share of held-out items that choose the best model and end training early; the
        others, test, are what scores are reported of. With 0 all are test: no model is chosen.
    """

    every: DurationField = Duration(500, "steps")
    keep: int = Field(default=2, ge=1)
    keep_every: DurationField | None = None
    best: str = ""
    validation: float = Field(default=0.3, ge=0, lt=1)


AlarmName = Literal[
    "non_finite",
    "discriminator_won",
    "inputs_ignored",
    "outputs_frozen",
    "inverted_colours",
    "input_unchanged",
]


class AlarmsTable(Table):
    """What training watches for.

    action: "warn" reports; "stop" also saves and stops, as Ctrl-C does; "off" detects nothing.
    ignore: alarms that are not raised.
    patience: how long a fault must last, and about how often outputs are probed.
    """

    action: Literal["warn", "stop", "off"] = "warn"
    ignore: list[AlarmName] = []
    patience: DurationField = Duration(300, "steps")


class Recipe(Table):
    """A GAN's objective in the notation of its paper, and how to train it.

    default_metrics: where images of the user's own leave no metric to a run, measure whether its
        outputs are copies of training images, and of unpaired ones their realism by `quick_kid`.
    """

    name: str = ""
    summary: str = ""
    networks: Annotated[dict[str, NetworkTable], MANY]
    losses: Annotated[dict[str, TermTable], MANY]
    outputs: Annotated[dict[str, ExpressionTable | OutputTable], MANY] = {}
    latents: Annotated[dict[str, ComponentTable], MANY] = {}
    players: Annotated[dict[str, PlayerTable | list[str]], MANY] = {}
    data: ComponentTable
    augmentations: Annotated[dict[str, AugmentationTable], MANY] = {}
    optimizers: Annotated[dict[str, OptimizerTable], MANY]
    schedule: ScheduleTable = ScheduleTable(type="constant")
    ema: AveragesTable | None = None
    train: TrainTable
    samples: SamplesTable = SamplesTable()
    checkpoints: CheckpointsTable = CheckpointsTable()
    metrics: Annotated[dict[str, MetricTable], MANY] = {}
    default_metrics: bool = True
    callbacks: Annotated[dict[str, ComponentTable], MANY] = {}
    alarms: AlarmsTable = AlarmsTable()
    trackers: dict[str, dict[str, Any]] = {}

    @field_validator("name")
    @classmethod
    def _folder_name(cls, name: str) -> str:
        """A run is made in the folder of this name."""
        if not is_folder_name(name):
            raise ValueError("a name is a word without / \\ and :, as it becomes the run's folder")
        return name

    @field_validator("ema", mode="before")
    @classmethod
    def _empty_clears(cls, ema: Any) -> Any:
        """`ema = {}` takes back what a recipe that is extended asks for."""
        return None if ema == {} else ema

    @field_validator("outputs", mode="before")
    @classmethod
    def _short_outputs(cls, outputs: Any) -> Any:
        """`x2y = "G(x)"` is short for `x2y = { expression = "G(x)" }`."""
        if not isinstance(outputs, dict):
            return outputs
        return {k: {"expression": v} if isinstance(v, str) else v for k, v in outputs.items()}

    @property
    def order(self) -> list[str]:
        """The order in which players move, as the recipe gives it."""
        order = self.players.get("order", [])
        return order if isinstance(order, list) else []

    def to_toml(self) -> str:
        """The recipe as a file that reads back to an equal one."""
        return tomli_w.dumps(_plain(self.model_dump(exclude_none=True)))

    def to_dict(self) -> dict[str, Any]:
        """The recipe as plain JSON values."""
        return self.model_dump(mode="json", exclude_none=True)


def _plain(value: Any) -> Any:
    """Tuples as lists: TOML has one kind of sequence."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
