"""What a request asks for: a model, an output, classes, a seed. A fault becomes a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from starlette.exceptions import HTTPException

from ganzoo.demo.demo_models import DemoModel, DemoOutput, list_classes
from ganzoo.demo.limits import MOST_SAMPLES
from ganzoo.demo.picture_work import Wish
from ganzoo.errors import choices, cut
from ganzoo.printing.text import one_line

FIELDS = ("model", "output", "seed", "job", "count", "name")
# What such a request is for, and where one is sent that is for the other.
OF_LATENTS = "is drawn from latents, without a picture: POST /sample"
OF_PICTURES = "is made from a picture: POST /translate"

Item = TypeVar("Item")


@dataclass(frozen=True)
class Asked:
    """What a request asks for. count: of draws. job: the key by which it is followed."""

    model: DemoModel
    output: DemoOutput
    wish: Wish
    count: int = 1
    job: str = ""


def read_asked(
    models: Mapping[str, DemoModel], fields: Mapping[str, str], *, draws: bool = False
) -> Asked:
    """What the fields of a request ask for.

    draws: whether it is for draws, not for a picture.

    Raises:
        HTTPException: 400, a field is unknown, missing or wrong.
    """
    model, output = choose_output(models, fields, draws)
    if draws == bool(output.image):
        raise _wrong(f"'{output.name}' {OF_PICTURES if draws else OF_LATENTS}")
    for field in fields.keys() - {*FIELDS, *output.labels}:
        raise _wrong(f"there is no field '{_shown(field)}'.{choices(field, output.labels)}")
    labels = {name: _read_class(output, name, fields.get(name, "")) for name in output.labels}
    known = {name: number for name, number in labels.items() if number is not None}
    if not draws and (missing := [*labels.keys() - known.keys()]):
        raise _wrong(f"{_describe_classes(output, missing[0])}, in the field '{missing[0]}'")
    wish = Wish(known, read_number(fields, "seed", 0, 2**32 - 1))
    count = read_number(fields, "count", 1, MOST_SAMPLES)
    return Asked(model, output, wish, count, fields.get("job", "")[:64])


def choose_output(
    models: Mapping[str, DemoModel], fields: Mapping[str, str], draws: bool = False
) -> tuple[DemoModel, DemoOutput]:
    """The model and the output that are named; left out, the first, and its first that fits.

    Raises:
        HTTPException: 400, there is no such model or output.
    """
    model = _choose(models, fields.get("model", ""), "model")
    fitting = [name for name, each in model.outputs.items() if draws != bool(each.image)]
    name = fields.get("output", "") or next(iter([*fitting, *model.outputs]))
    return model, _choose(model.outputs, name, "output")


def _choose(known: Mapping[str, Item], name: str, what: str) -> Item:
    if name and name not in known:
        raise _wrong(f"there is no {what} '{_shown(name)}'.{choices(name, known)}")
    return known[name or next(iter(known))]


def _read_class(output: DemoOutput, variable: str, text: str) -> int | None:
    classes = list_classes(output.model.variables[variable])
    if not text:
        return None
    if text in classes:
        return classes.index(text)
    if text.isascii() and text.isdecimal() and int(text[:9]) < len(classes):
        return int(text)
    raise _wrong(f"{_describe_classes(output, variable)}, not '{_shown(text)}'")


def _describe_classes(output: DemoOutput, variable: str) -> str:
    classes = list_classes(output.model.variables[variable])
    named = ", ".join(classes) if len(classes) <= 12 else f"{classes[0]} ... {classes[-1]}"
    return f"{variable} is one of {named}"


def read_number(fields: Mapping[str, str], name: str, least: int, most: int) -> int:
    """A field's whole number; left out, the least.

    Raises:
        HTTPException: 400, it is none, or too small or too large.
    """
    text = fields.get(name, "") or str(least)
    if text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    raise _wrong(f"{name} is a whole number from {least} to {most}, not '{_shown(text)}'")


def _shown(text: str) -> str:
    return one_line(cut(text, 40))


def _wrong(sentence: str) -> HTTPException:
    return HTTPException(400, sentence)
