"""A recipe: the tables of a TOML file, checked for shape. What the names mean is `blueprint`'s."""

from __future__ import annotations

from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ganzoo.duration import Duration, DurationField
from ganzoo.errors import Fault, RecipeError, did_you_mean, listed


class Table(BaseModel):
    """A table of the host: keys it does not know are faults."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Part(BaseModel):
    """A table that names a registered part; the keys beside `type` are its settings."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)

    type: str

    @property
    def settings(self) -> dict[str, Any]:
        """What goes to the part's constructor."""
        return dict(self.model_extra or {})


class NetworkPart(Part):
    """A network: how its weights start, and whether they move.

    init: how weights start; left out, the network's own way.
    weights: a model file to start from instead (`.safetensors`, or the reference's `.pth`).
    trainable: false keeps the network as it is, in evaluation mode.
    """

    init: Part | None = None
    weights: str | None = None
    trainable: bool = True


class TermPart(Part):
    """A term of the objective; beside its settings it holds its wires.

    weight: scales the term (the generators' side of an adversarial one); 0 drops it.
    player: who minimises it, where the default is not meant.
    buffer: what the critic sees in place of the newest fakes.
    """

    weight: float = 1.0
    player: str | None = None
    buffer: Part | None = None


class Output(Table):
    """What samples, metrics and `ganzoo translate` may ask for by name.

    mode: "train" keeps dropout and batch statistics as in training, where a paper does.
    """

    expression: str
    mode: Literal["eval", "train"] = "eval"


class PlayerTable(Table):
    """Networks that move together, where the default (generators, discriminators) is not meant."""

    networks: list[str]


class Train(Table):
    """How long, on how much, from which seed.

    length: the whole training, learning-rate decay included.
    batch_size: samples a step in each process.
    workers: processes that load data beside the training; 0 loads in the training's own.
    device: "auto" takes an accelerator where there is one.
    log_every: how often losses are read back, shown and written to log.jsonl.
    """

    length: DurationField
    batch_size: int = Field(default=1, ge=1)
    seed: int = Field(default=0, ge=0)
    workers: int = Field(default=0, ge=0)
    precision: Literal["float32", "float64"] = "float32"
    device: Literal["auto", "cpu"] = "auto"
    log_every: DurationField = Duration(50, "steps")


class Samples(Table):
    """The picture a run shows of itself: a row a held-out sample, a column a wire."""

    show: list[str] = []
    count: int = Field(default=6, ge=1)
    every: DurationField = Duration(500, "steps")


class Checkpoints(Table):
    """What a run keeps: the last `keep`, and for good every `keep_every`."""

    every: DurationField = Duration(500, "steps")
    keep: int = Field(default=2, ge=1)
    keep_every: DurationField | None = None


class Recipe(Table):
    """A GAN's objective in the notation of its paper, and how to train it."""

    name: str = ""
    summary: str = ""
    networks: dict[str, NetworkPart]
    losses: dict[str, TermPart]
    outputs: dict[str, Output] = {}
    latents: dict[str, Part] = {}
    players: dict[str, PlayerTable | list[str]] = {}
    data: Part
    optimizers: dict[str, Part]
    schedule: Part = Part(type="constant")
    train: Train
    samples: Samples = Samples()
    checkpoints: Checkpoints = Checkpoints()
    metrics: dict[str, Part] = {}

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


def check_tables(tables: dict[str, Any], source: str) -> Recipe:
    """Read nested tables as a recipe.

    Raises:
        RecipeError: every key that is unknown, missing or of the wrong type, at once.
    """
    try:
        return Recipe.model_validate(tables)
    except ValidationError as error:
        found = [_fault(entry) for entry in error.errors() if _meant(entry["loc"])]
        faults = {fault.path: fault for fault in found}
        raise RecipeError(source, list(faults.values())) from None


# What pydantic's complaints are in the words of a recipe; `{...}` is filled from the complaint.
WORDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list, as [{example}]",
    "greater_than_equal": "at least {ge}",
    "literal_error": "{expected}",
}


def _meant(place: tuple[Any, ...]) -> bool:
    """Whether a complaint is about what was meant: `players.order` is a list, the others tables."""
    if place[0] != "players" or len(place) < 3:
        return True
    return ("list[str]" in place) == (place[1] == "order")


def _fault(entry: Any) -> Fault:
    place = [str(part) for part in entry["loc"] if part not in ("PlayerTable", "list[str]")]
    path, given = ".".join(place), entry["input"]
    if entry["type"] == "extra_forbidden":
        return Fault(path, f"there is no '{place[-1]}' here.{_known(place)}")
    if entry["type"] == "missing":
        return Fault(path, "this is required")
    if entry["type"] == "value_error":
        return Fault(path, f"{entry['ctx']['error']}, not {given!r}")
    if entry["type"] in ("model_type", "dict_type"):
        return Fault(path, f"this should be a table, as {_example(place)}, not {given!r}")
    example = '"x", "G(x)"' if place[0] == "samples" else '"generators", "discriminators"'
    wanted = WORDS.get(entry["type"], "something else ({})".format(entry["msg"]))
    wanted = wanted.format(example=example, **entry.get("ctx", {}))
    return Fault(path, f"this should be {wanted}, not {_toml(given)}")


def _example(place: list[str]) -> str:
    """A table as it would stand at this place."""
    if len(place) == 1 and place[0] not in ("data", "schedule"):
        return f"[{place[0]}]"
    examples = {"outputs": '{ expression = "G(x)" }', "players": '{ networks = ["G"] }'}
    return examples.get(place[0], '{ type = "..." }')


def _known(place: list[str]) -> str:
    """The key that was meant, in this table or in another one; else all keys of this one."""
    tables: dict[str, type[BaseModel]] = {
        "train": Train,
        "samples": Samples,
        "checkpoints": Checkpoints,
        "outputs": Output,
        "players": PlayerTable,
    }
    table = tables.get(place[0], Recipe) if len(place) > 1 else Recipe
    known = list(table.model_fields)
    elsewhere = [f"{name}.{place[-1]}" for name, t in tables.items() if place[-1] in t.model_fields]
    if elsewhere and not did_you_mean(place[-1], known):
        return f" Did you mean '{elsewhere[0]}'?"
    return did_you_mean(place[-1], known) or f" Use {listed(known)}."


def _toml(value: Any) -> str:
    """A value as the recipe wrote it, as far as it is short."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _plain(value: Any) -> Any:
    """Tuples as lists: TOML has one kind of sequence."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
