"""Markup that several sections need."""

from __future__ import annotations

from ganzoo.report.html import Html, el


def scroll(table: Html, label: str) -> Html:
    """A box that scrolls, for a table that may be wider than the page."""
    return el("div", table, class_="scroll", tabindex=0, role="group", aria_label=label)


def format_name(name: str) -> str:
    """`pixel accuracy`."""
    return name.replace("_", " ")


def pairs(facts: dict[str, str]) -> Html:
    """A list of names and values; names without a value are left out."""
    shown = [el("div", el("dt", name), el("dd", text)) for name, text in facts.items() if text]
    return el("dl", *shown)
