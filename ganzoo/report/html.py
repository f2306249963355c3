"""Builds HTML: every text and attribute is escaped, unless it is an `Html` already.

Control characters, which can reverse the direction of text, are escaped as on a terminal.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

from ganzoo.printing.text import visible

VOID = frozenset({"br", "img", "input", "link", "meta"})

# The page may not load, send, frame or run anything that it does not contain.
POLICY = (
    "default-src 'none'; img-src data:; script-src {script}; style-src {style}; "
    "base-uri 'none'; form-action 'none'"
)


class Html(str):
    """Markup that goes into a page without being escaped."""

    __slots__ = ()


Child = str | Iterable[Any] | None


def el(tag: str, *children: Child, **attributes: Any) -> Html:
    """An element; `class_` is `class`, `stroke_width` is `stroke-width`.

    An attribute that is None or False is left out, one that is True stands without a value.
    """
    head = f"<{tag}{''.join(map(_attribute, attributes, attributes.values()))}>"
    return Html(head if tag in VOID else f"{head}{join(children)}</{tag}>")


def join(children: Iterable[Child]) -> Html:
    """Children one after the other, texts escaped."""
    return Html("".join(map(_text, children)))


def embed(name: str, value: Any) -> Html:
    """A value for scripts to read; no text in it can end the element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return el("script", Html(text), type="application/json", id=name)


def page(title: str, *body: Child) -> str:
    """A complete document that loads nothing; hashes allow its own style and script."""
    style, script = read_asset("style.css"), read_asset("script.js")
    policy = POLICY.format(script=hash_asset(script), style=hash_asset(style))
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", Html(style)),
    )
    whole = el("html", head, el("body", *body, el("script", Html(script))), lang="en")
    return f"<!doctype html>\n{whole}\n".encode("utf-8", "replace").decode()


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return html.escape(visible(child))
    return join(child)


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(visible(str(value)))}"'


def read_asset(name: str) -> str:
    """The text of a file in this module's folder."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def hash_asset(text: str) -> str:
    """What a Content-Security-Policy calls a style or a script that stands in the page."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
