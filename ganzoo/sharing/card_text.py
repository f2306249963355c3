"""A card as Markdown, with the header by which Hugging Face's hub finds models.

Its texts may be a stranger's: no markup, link or header in them may take effect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ganzoo.evaluation.observed import format_observed
from ganzoo.files.untrusted import is_number, tables_at, value_at
from ganzoo.printing.text import one_line, visible
from ganzoo.registry.needed_packages import PACKAGE, how_to_get
from ganzoo.registry.plugin_api import CORE
from ganzoo.runs.ready_models import format_interval

# What has a meaning in Markdown; at the start of a line, and in what would become a link, more has.
MARKUP = re.compile(r"[\\`*_\[\]#|~]|^[-+=>]|(?<=^\d)[.)]|(?<=:)/|(?<=www)\.", re.IGNORECASE)
Table = Mapping[str, Any]


def card_text(card: Table, picture: str = "") -> str:
    """The card of `ModelCard.as_json`, as Markdown.

    picture: the file name of its samples; "" where there are none.
    """
    return "\n".join([*_header(card), "", *_body(card, picture)])


def _header(card: Table) -> Iterator[str]:
    """The lines in YAML; every value is quoted as JSON, which YAML reads as well."""
    draws = not any(_takes_image(wire) for wire in card["outputs"].values())
    yield "---"
    yield f"license: {json.dumps(card['licence'] or 'unknown')}"
    yield "library_name: ganzoo"
    yield f"pipeline_tag: {'unconditional-image-generation' if draws else 'image-to-image'}"
    yield f"tags: {json.dumps(['ganzoo', 'gan', one_line(card['recipe'])])}"
    yield "---"


def _takes_image(wire: str) -> bool:
    """Whether a wire has a variable that an image is given for: x or y."""
    return bool({"x", "y"} & set(re.findall(r"\w+", wire)))


def _body(card: Table, picture: str) -> Iterator[str]:
    yield f"# {escaped(card['name'])}"
    yield ""
    yield escaped(card["summary"])
    if picture:
        yield f"\n![Held-out samples, and what the model makes of them]({picture})"
    yield from _use(card)
    yield from _worth(card)
    yield from _objective(card)
    yield from _training(card)
    yield from _terms(card)


def _use(card: Table) -> Iterator[str]:
    outputs = ", ".join(f"{code(n)} = {code(w)}" for n, w in card["outputs"].items())
    load = json.dumps(one_line(card["load"]), ensure_ascii=False)
    yield "\n## Use\n"
    yield from fenced(f"import ganzoo\n\nmodel = ganzoo.load_model({load})", "python")
    yield f"\nOutputs: {outputs}."
    for package in sorted(filter(PACKAGE.fullmatch, card["packages"].keys() - {CORE})):
        yield f"\nIts recipe needs {escaped(package)}: {escaped(how_to_get(package))}."


def _worth(card: Table) -> Iterator[str]:
    yield "\n## What it is worth\n"
    tables = tables_at(card, "scores")
    if not tables:
        yield "No metric of its recipe was computed."
    for metric, rows in tables.items():
        on = format_observed(value_at(card["observed"], metric))
        ends = "; in brackets 95 % intervals" if value_at(card["intervals"], metric) else ""
        yield f"{escaped(metric)}{f', {escaped(on)}' if on else ''}{ends}.\n"
        names = list(
            dict.fromkeys(n for row in rows.values() if isinstance(row, dict) for n in row)
        )
        yield f"| | {' | '.join(map(escaped, names))} |"
        yield f"|---|{'---:|' * len(names)}"
        for row, values in rows.items():
            cells = [
                _score(value_at(values, n), value_at(card["intervals"], metric, row, n))
                for n in names
            ]
            yield f"| {escaped(row)} | {' | '.join(cells)} |"
        yield ""


def _objective(card: Table) -> Iterator[str]:
    yield "\n## What it was trained for\n"
    yield f"Recipe {escaped(card['recipe'])}, in the notation of its paper:\n"
    yield from fenced("\n".join(card["objective"]))


def _training(card: Table) -> Iterator[str]:
    yield "\n## How it was trained\n"
    yield from fenced(card["command"] or "# the command is not known", "sh")
    known = (f"{one_line(k)} {one_line(str(v))}" for k, v in card["versions"].items())
    packages = (f"{one_line(k)} {one_line(str(v))}" for k, v in card["packages"].items())
    size = "?" if card["parameters"] is None else f"{card['parameters']:,}"
    yield f"\n- {_steps(card)}, {card['seconds'] / 60:.1f} minutes on {escaped(card['device'])}"
    yield f"- {size} weights in all networks; the file has {card['bytes']:,} bytes"
    yield f"- versions: {escaped(', '.join(known))}"
    yield f"- components of: {escaped(', '.join(packages))}"
    yield f"- SHA-256 of {code(card['file'])}: `{card['sha256']}`"


def _steps(card: Table) -> str:
    done, total = card["step"], card["steps"]
    return f"{done:,} of {total:,} steps" if None not in (done, total) else "steps not known"


def _terms(card: Table) -> Iterator[str]:
    yield "\n## Data and licence\n"
    kind, about = str(card["data"].get("type") or "not known"), card["about_data"]
    yield f"Data: {code(kind)}. {escaped(about)}"
    held = {split: value_at(card["held_out"], split, "items") for split in ("validation", "test")}
    if on := format_observed(held):
        yield f"Held out: {escaped(on)}."
    yield f"\nLicence of the weights: {escaped(card['licence'] or 'nobody stated one')}.\n"


def escaped(text: str) -> str:
    """A text on one line, of which Markdown makes nothing but that text."""
    plain = one_line(text).strip().replace("&", "&amp;").replace("<", "&lt;")
    return MARKUP.sub(r"\\\g<0>", plain).replace("@", "&#64;")


def code(text: str) -> str:
    """A text as code within a line."""
    plain = one_line(text) or " "
    marks = "`" * (_longest(plain) + 1)
    gap = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{marks}{gap}{plain}{gap}{marks}"


def fenced(text: str, language: str = "") -> list[str]:
    """Lines as a block of code, which nothing in them can end."""
    marks = "`" * max(3, _longest(text) + 1)
    return [f"{marks}{language}", *visible(text).splitlines(), marks]


def _longest(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _score(value: Any, bounds: Any) -> str:
    if not is_number(value):
        return "-"
    said = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f"{said}{format_interval(bounds, 4)}"
