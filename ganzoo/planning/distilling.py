"""A recipe that distils an output of a trained model into smaller networks.

The student learns what the teacher makes of the same images (Hinton et al. 2015, arXiv:1503.02531),
and plays the teacher's own game against discriminators, as Li et al. 2020 (GAN Compression,
arXiv:2003.08936, sec. 3.1) do: the teacher's images make pairs where there were none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ganzoo.builder.blueprint import Blueprint, TermPlan
from ganzoo.errors import GanzooError
from ganzoo.expression import Expression, networks, walk
from ganzoo.inference.model import Model
from ganzoo.planning.recipe_text import write_commented
from ganzoo.planning.short_tables import shorten_network, shorten_term
from ganzoo.planning.student_comments import explain
from ganzoo.planning.student_networks import STARTS, Sizes, Student, make_student
from ganzoo.planning.student_training import Distilled, keep_training

Tables = dict[str, Any]
# Features differ about five times as much as pixels do, so that both terms weigh alike.
L1_WEIGHT, FEATURES_WEIGHT = 30.0, 6.0
FEATURES = {"type": "perceptual", "backbone": "ganzoo_tiny", "weights": "wheel"}
COLOURS = 3  # the channels that the features' network takes
PATCHGAN = {"type": "patchgan", "width": 16, "layers": 2}


@dataclass(frozen=True)
class DistilRequest:
    """What is to be distilled.

    weights: the teacher's file, or a ready model's name, as the recipe is to name it.
    output: which output; left out, the model's first.
    sizes: of the student. name: the recipe's; left out, it is made of the teacher's.
    steps: how long it is trained; None for as long as the teacher was.
    """

    weights: str
    output: str = ""
    sizes: Sizes = field(default_factory=Sizes)
    name: str = ""
    steps: int | None = None


@dataclass(frozen=True)
class StudentRecipe:
    """A recipe that trains a student.

    distilled: the output, and its wires.
    tables: the recipe's. comments: by path, what a value is.
    """

    distilled: Distilled
    tables: Tables
    comments: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The recipe's name."""
        return str(self.tables["name"])

    @property
    def text(self) -> str:
        """The recipe as a file, each value explained."""
        return write_commented(self.tables, self.comments, [HEAD])

    def with_tables(self, tables: Tables) -> StudentRecipe:
        """The same with other settings; the comments of what is gone are dropped."""
        return replace(self, tables=tables)


HEAD = (
    "A recipe by ganzoo distill: a smaller network, the student, learns what a trained model, the "
    "teacher, makes of the same images. It is a recipe like any other: change it, and train it by "
    "ganzoo run."
)


def draft_student(
    blueprint: Blueprint, model: Model, before: Mapping[str, Any], request: DistilRequest
) -> StudentRecipe:
    """The recipe of a student for one output of a model.

    blueprint: the model's, as `open_model` gives it. before: the tables of the model's recipe.

    Raises:
        GanzooError: the output is no function of images, or its networks cannot be made smaller.
    """
    output = request.output or next(iter(model.outputs), "")
    wire = _distilled_wire(model, output)
    student = make_student(blueprint, model.networks, wire, request.sizes)
    distilled = Distilled(output, wire, student.stand_in(wire))
    terms = _adversarial_terms(blueprint, wire, student)
    tables: Tables = {
        "name": request.name or _name(blueprint, output, student),
        "summary": f"a smaller {output} of {blueprint.recipe.name or 'a model'}, distilled",
        "networks": {
            **_teacher(blueprint, wire, student, request.weights),
            **student.tables,
            **_discriminators(blueprint, terms, wire),
        },
        "losses": {**_imitation(blueprint, distilled), **terms},
        **keep_training(blueprint, before, distilled, request.steps),
    }
    return StudentRecipe(distilled, tables, explain(blueprint, student, tables))


def _distilled_wire(model: Model, output: str) -> Expression:
    """The wire of an output that makes images of images.

    Raises:
        GanzooError: it is another kind of output.
    """
    try:
        chosen = model.output(output)
    except ValueError as error:
        raise GanzooError(f"--output: {error}") from None
    if chosen.component is not None:
        raise GanzooError(
            f"output '{output}' is no wire but made by a component: it has no student"
        )
    if not any(model.variables[name].size and name not in model.latents for name in chosen.names):
        raise GanzooError(f"output '{output}' is '{chosen.wire}', which is made from no image")
    return chosen.wire


def _name(blueprint: Blueprint, output: str, student: Student) -> str:
    """`cyclegan_x2y_8`: the teacher's, the output and the width."""
    width = next(iter(student.tables.values()))["width"]
    return f"{blueprint.recipe.name or 'model'}_{output}_{width}"


def _teacher(blueprint: Blueprint, wire: Expression, student: Student, weights: str) -> Tables:
    """The networks that the teacher's output calls, frozen; what has no weights stays as it is."""
    tables = {}
    for name in sorted(networks(wire)):
        table = blueprint.recipe.networks[name].model_dump(mode="json", exclude_none=True)
        table = {key: value for key, value in table.items() if key not in (*STARTS, "init")}
        frozen = {"weights": weights, "trainable": False} if name in student.names else {}
        tables[name] = {**shorten_network(blueprint.networks[name], table), **frozen}
    return tables


def _imitation(blueprint: Blueprint, distilled: Distilled) -> Tables:
    """The terms that pull the student's images to the teacher's."""
    both = {"prediction": str(distilled.student), "target": str(distilled.teacher)}
    terms: Tables = {"imitation": {"type": "l1", **both, "weight": L1_WEIGHT}}
    if _is_colour_image(blueprint, distilled.teacher):
        features = {**FEATURES, "layers": [0, 1, 2, 3]}
        terms["features"] = {**features, **both, "weight": FEATURES_WEIGHT}
    return terms


def _is_colour_image(blueprint: Blueprint, wire: Expression) -> bool:
    """Whether an output is known to be flat images of three channels."""
    domain = blueprint.variables.get(blueprint.domains.find(wire))
    return domain is not None and domain.depth is None and domain.channels == COLOURS


def _adversarial_terms(blueprint: Blueprint, wire: Expression, student: Student) -> Tables:
    """The teacher's own adversarial terms of that output, with the student in its place."""
    terms = {}
    for term in blueprint.live:
        if term.adversarial and _shows(blueprint, term, wire):
            table = blueprint.recipe.losses[term.name].model_dump(mode="json", exclude_none=True)
            short = shorten_term(table)
            short["fake"] = str(student.stand_in(term.wires["fake"]))
            terms[term.name] = short
    if terms:
        return terms
    domain = blueprint.domains.find(wire)
    real, fake = domain or str(wire), student.stand_in(wire)
    return {"adversarial": {"type": "lsgan", "real": f"D({real})", "fake": f"D({fake})"}}


def _shows(blueprint: Blueprint, term: TermPlan, wire: Expression) -> bool:
    """Whether a term shows images of that wire to its discriminators, and no other network's."""
    fake = term.wires["fake"]
    others = networks(fake) - term.discriminators - networks(wire)
    inside = any(each == wire for each in walk(fake))
    return inside and all(blueprint.networks[name].kind == "module" for name in others)


def _discriminators(blueprint: Blueprint, terms: Tables, wire: Expression) -> Tables:
    """What the terms call beside the output, as the teacher's recipe has it, trained anew."""
    called = {name for term in blueprint.terms if term.name in terms for name in term.networks}
    tables = {}
    for name in blueprint.networks:
        if name in called - networks(wire):
            table = blueprint.recipe.networks[name].model_dump(mode="json", exclude_none=True)
            table = {key: value for key, value in table.items() if key not in STARTS}
            tables[name] = shorten_network(blueprint.networks[name], table)
    return tables or {"D": dict(PATCHGAN)}
