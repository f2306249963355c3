"""The page that participants open, in their language, and the sentences that it shows."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ganzoo_study.study_file import Study

PAGES = Path(__file__).with_name("pages")
PLACE = re.compile(r"\{\{(\w+)\}\}")
FILES = {
    "study.css": "text/css",
    **dict.fromkeys(("server.js", "exposure.js", "study.js"), "text/javascript"),
}
IN_PAGE = ("language", "direction", "title", "loading", "no_javascript")


def page_routes(study: Study) -> list[Route]:
    """The page with its style and its program."""
    files = [Route(f"/{name}", _file(name, kind)) for name, kind in FILES.items()]
    return [Route("/", _index(study)), *files]


def read_sentences(study: Study) -> dict[str, object]:
    """All sentences of a study, and the numbers that stand in them."""
    numbers = {
        "minutes": study.minutes,
        "seconds": study.exposure_ms / 1000,
        "practice": study.practice,
        "trials": study.trials,
    }
    return {"texts": {**study.shown_texts}, "numbers": numbers}


def _index(study: Study) -> Callable[[Request], Response]:
    """The page. What stands in it before its program runs is written here; all is escaped."""
    words = {key: html.escape(study.shown_texts[key]) for key in IN_PAGE}

    def page(request: Request) -> Response:
        token = request.query_params.get("token", "")
        query = html.escape(f"?{urlencode({'token': token})}") if token else ""
        filled = {**words, "token": query}
        text = (PAGES / "index.html").read_text(encoding="utf-8")
        return Response(PLACE.sub(lambda m: filled[m[1]], text), media_type="text/html")

    return page


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    def file(request: Request) -> Response:
        return Response((PAGES / name).read_bytes(), media_type=kind)

    return file
