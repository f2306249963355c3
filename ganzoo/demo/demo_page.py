"""The page of a demo: one document with its own style and script, which loads nothing else."""

from __future__ import annotations

from importlib import resources

from ganzoo.report.html import hash_asset

POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SCRIPTS = ("sending.js", "divider.js", "demo.js")


def build_page() -> tuple[str, str]:
    """The document, and the Content-Security-Policy by which it may run its own script alone."""
    style, script = _read("demo.css"), "".join(map(_read, SCRIPTS))
    text = _read("demo.html").replace("{{style}}", style).replace("{{script}}", script)
    return text, POLICY.format(script=hash_asset(script), style=hash_asset(style))


def _read(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")
