"""The comments of a student's recipe: what each of its values is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ganzoo.builder.blueprint import Blueprint
from ganzoo.planning.student_networks import BLOCKS, WIDTH, Student

TABLES = {
    "latents": "drawn anew in each step; teacher and student are given the same",
    "players": "as the teacher was trained",
    "outputs": "what ganzoo translate offers; the model file holds the student alone",
    "data": "what the teacher was trained on, read as it reads images; --data FOLDER for others",
    "augmentations": "as the teacher was trained",
    "optimizers": "as the teacher was trained",
    "schedule": "as the teacher was trained",
    "ema": "as the teacher was trained",
    "train": "as the teacher was trained, unless --steps says how long",
    "samples": "the input, the teacher's image and the student's, side by side",
    "checkpoints": "as the teacher was trained",
    "metrics": "the teacher's own of this output",
}
TERMS = {
    "imitation": "the student's image is the teacher's, pixel by pixel",
    "features": "and looks like it, to a small network that ships with ganzoo",
}
GAME = "the teacher's own game, with the student in its place"


def explain(blueprint: Blueprint, student: Student, tables: Mapping[str, Any]) -> dict[str, str]:
    """The comments on a student's recipe, by path."""
    comments = {f"networks.{name}": text for name, text in _networks(blueprint, student, tables)}
    comments |= {f"losses.{name}": TERMS.get(name, GAME) for name in tables["losses"]}
    return comments | {name: text for name, text in TABLES.items() if name in tables}


def _networks(
    blueprint: Blueprint, student: Student, tables: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    teachers = {own: name for name, own in student.names.items()}
    for name, table in tables["networks"].items():
        if name in student.names:
            yield name, "the teacher: its weights come from its file, and stay as they are"
        elif name in teachers:
            yield name, _describe_student(teachers[name], blueprint, table)
        elif name in blueprint.discriminators or name not in blueprint.networks:
            yield name, "tells the student's images from real ones; trained anew"
        else:
            yield name, "as in the teacher's recipe"


def _describe_student(teacher: str, blueprint: Blueprint, table: Mapping[str, Any]) -> str:
    """`the student: G with width 8 for 16`."""
    before = blueprint.networks[teacher].settings
    sizes = {key: (table.get(key, before.get(key)), before.get(key)) for key in (WIDTH, BLOCKS)}
    less = [f"{key} {own} for {was}" for key, (own, was) in sizes.items() if own != was]
    return f"the student: {teacher} with {', '.join(less)}"
