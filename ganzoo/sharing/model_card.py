"""A model's card, made from its run: what it is, what it learnt from, what it is worth.

Nothing in a run is trusted: its files are read as a stranger's, and its texts are escaped.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ganzoo.datasets.checksums import digest_file
from ganzoo.errors import ModelError
from ganzoo.files.untrusted import UntrustedError, is_count, read_object, table_at
from ganzoo.files.writing import write_bytes, write_json, write_text
from ganzoo.report.facts import read_facts
from ganzoo.report.run_files import RunFiles, Table, read_run, trained_seconds
from ganzoo.runs.folder import finite
from ganzoo.runs.layout import CARD_FILE, CARD_JSON, CARD_SAMPLES
from ganzoo.runs.model_files import best_model, model_file
from ganzoo.sharing.card_samples import small_samples
from ganzoo.sharing.card_text import card_text

VERSIONS = ("ganzoo", "python", "torch", "torchvision", "accelerate")
# Options that say where and how far, and nothing about the weights.
ELSEWHERE = ("--out", "--stop-after")


@dataclass(frozen=True)
class ModelCard:
    """What a card tells of a model; every text may be a stranger's.

    objective: the lines of the paper's formula. outputs: by name, the wire that makes it.
    step, steps: how far the weights were trained, and how far they were meant to be.
    parameters: of all networks that were trained. seconds: of training.
    data: the recipe's table of data. held_out: what `run.json` says of its validation and test.
    about_data: a sentence on what the data are, and their licence.
    scores, intervals, observed: as in a line of `evaluations.jsonl`.
    licence: of the weights, as an SPDX name; "" where nobody said.
    command: what trains it again. packages: which components are whose.
    file, bytes, sha256: the model file that the card is about. load: what `load_model` is given.
    """

    name: str
    load: str
    summary: str
    recipe: str
    objective: list[str]
    outputs: Table
    parameters: int | None
    step: int | None
    steps: int | None
    seconds: float
    data: Table
    held_out: Table
    about_data: str
    scores: Table
    intervals: Table
    observed: Table
    licence: str
    command: str
    device: str
    versions: dict[str, str]
    packages: dict[str, str]
    file: str
    bytes: int
    sha256: str

    def as_json(self) -> Table:
        """For programs, and for the card of the same model elsewhere."""
        return asdict(self)


@dataclass(frozen=True)
class Statements:
    """What only a person can say of a model.

    name: what it is called; "" as its recipe. load: what `load_model` is given; "" the file's name.
    licence: of the weights, as "apache-2.0"; "" if the card is to say that nobody stated one.
    about_data: what the data are and their licence, in a sentence.
    """

    name: str = ""
    load: str = ""
    licence: str = ""
    about_data: str = ""


NOTHING = Statements()


def write_card(
    run: Path,
    folder: Path,
    stated: Statements = NOTHING,
    *,
    evaluation: Path | None = None,
    best: bool = False,
) -> ModelCard:
    """Write `card.md`, `card.json` and `samples.png` of a run's model into a folder.

    stated: what a person says of it.
    evaluation: what `ganzoo evaluate --out` wrote; left out, the run's own last evaluation.
    best: the card is about the run's best model, not its last.

    Raises:
        RunError: the folder is no run.
        ModelError: it holds no model, or the evaluation is of another step.
        OSError: the card cannot be written.
    """
    files = read_run(run)
    card = _read_card(files, stated, evaluation, best)
    picture = small_samples(files, card.step)
    if picture:
        write_bytes(folder / CARD_SAMPLES, picture)
    write_json(folder / CARD_JSON, card.as_json())
    write_text(folder / CARD_FILE, card_text(card.as_json(), CARD_SAMPLES if picture else ""))
    return card


def _read_card(
    files: RunFiles, stated: Statements, evaluation: Path | None, best: bool
) -> ModelCard:
    model = best_model(files.folder) if best else model_file(files.folder)
    step = files.best.get("step") if best else files.run.step
    scored = _given(evaluation, step) if evaluation else _own_evaluation(files, step)
    return ModelCard(
        **_training_facts(files),
        **_file_facts(model),
        scores=table_at(scored, "scores"),
        intervals=table_at(scored, "intervals"),
        observed=table_at(scored, "observed"),
        name=stated.name or files.name,
        load=stated.load or model.name,
        step=step if is_count(step) else None,
        about_data=stated.about_data,
        licence=stated.licence,
    )


def _training_facts(files: RunFiles) -> Table:
    """What the run's recipe and record say."""
    facts, latest = read_facts(files.recipe), files.latest
    counts = [network.parameters for network in facts.networks]
    known = [count for count in counts if count is not None]
    return {
        "summary": str(files.recipe.get("summary") or ""),
        "recipe": files.name,
        "objective": facts.objective,
        "outputs": {name: str(wire) for name, wire in facts.wiring.outputs.items()},
        "parameters": sum(known) if len(known) == len(counts) else None,
        "steps": files.run.steps,
        "seconds": trained_seconds(files),
        "data": finite(files.table("data")),
        "held_out": table_at(latest, "splits"),
        "command": _command(files),
        "device": ", ".join(map(str, latest.get("devices") or [latest.get("device") or ""])),
        "versions": {name: latest[name] for name in VERSIONS if latest.get(name)},
        "packages": table_at(latest, "packages"),
    }


def _file_facts(model: Path) -> Table:
    """A model file's name, size and hash."""
    return {
        "file": model.name,
        "bytes": model.stat().st_size,
        "sha256": digest_file(model),
    }


def _own_evaluation(files: RunFiles, step: Any) -> Table:
    """The run's evaluation of a step, on test samples where it has some."""
    lines = [line for line in (*files.evaluations, *files.tests) if line.get("step") == step]
    metrics = files.metrics if step == files.run.step else {}
    return lines[-1] if lines else {"scores": metrics}


def _given(evaluation: Path, step: Any) -> Table:
    """What `ganzoo evaluate --out` wrote.

    Raises:
        ModelError: it cannot be read, or is of another step than the model.
    """
    try:
        table = read_object(evaluation)
    except UntrustedError as error:
        raise ModelError(str(error)) from None
    if table.get("step") != step:
        raise ModelError(f"{evaluation}: this evaluates step {table.get('step')}, not {step}")
    return table


def _command(files: RunFiles) -> str:
    """The command of the first start, without where its files went and when it paused."""
    typed = str(next(iter(files.starts), {}).get("command") or "")
    try:
        words = iter(shlex.split(typed))
    except ValueError:  # a stranger's, with a quote that does not end
        return typed
    return shlex.join(_leave_out_places(words))


def _leave_out_places(words: Iterator[str]) -> Iterator[str]:
    for word in words:
        if word in ELSEWHERE:
            next(words, "")
        elif word.partition("=")[0] not in ELSEWHERE:
            yield word
