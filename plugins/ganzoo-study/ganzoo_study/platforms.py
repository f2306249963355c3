"""Platforms that send participants: the parameters in their links, and where they may return."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

# The numbers of a platform: short and plain, whatever a link says.
NUMBER = re.compile(r"[A-Za-z0-9_.:@-]{1,128}")
ORIGIN = r"^(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://(localhost|127\.0\.0\.1))(:\d{1,5})?$"
ORIGIN_ONLY = re.compile(ORIGIN[1:-1])
CODE = "{code}"


class Platform(NamedTuple):
    """How a platform opens a study.

    worker, assignment: the parameters that say who comes, and for which piece of work.
    more: parameters that it puts into the link beside those.
    preview: the assignment of somebody who only looks at the task.
    submit: the parameter with the origin to which the end is submitted, and the path there.
    frames: origins whose pages show the study in a frame.
    """

    worker: str
    assignment: str
    more: tuple[str, ...] = ()
    preview: str = ""
    submit: tuple[str, str] | None = None
    submit_to: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()


def _mturk(submit_to: str, *frames: str) -> Platform:
    """Amazon Mechanical Turk's ExternalQuestion, which adds its parameters by itself."""
    return Platform(
        worker="workerId",
        assignment="assignmentId",
        more=("hitId", "turkSubmitTo"),
        preview="ASSIGNMENT_ID_NOT_AVAILABLE",
        submit=("turkSubmitTo", "/mturk/externalSubmit"),
        submit_to=(submit_to,),
        frames=frames,
    )


PLATFORMS: Mapping[str, Platform] = {
    "mturk": _mturk(
        "https://www.mturk.com", "https://worker.mturk.com", "https://requester.mturk.com"
    ),
    "mturk-sandbox": _mturk(
        "https://workersandbox.mturk.com",
        "https://workersandbox.mturk.com",
        "https://requestersandbox.mturk.com",
    ),
    "prolific": Platform(worker="PROLIFIC_PID", assignment="SESSION_ID", more=("STUDY_ID",)),
    "other": Platform(worker="worker", assignment="assignment"),
}


class Arrival(NamedTuple):
    """Who comes, by a platform's own numbers. They are hashed before they are stored."""

    worker: str
    assignment: str


def read_arrival(platform: Platform, query: Mapping[str, str]) -> Arrival | None:
    """Who opened a link; None where it does not say so."""
    worker, assignment = query.get(platform.worker, ""), query.get(platform.assignment, "")
    plain = NUMBER.fullmatch(worker) and NUMBER.fullmatch(assignment)
    return Arrival(worker, assignment) if plain else None


def is_preview(platform: Platform, query: Mapping[str, str]) -> bool:
    """Whether a link was opened to look at the task before it is accepted."""
    return bool(platform.preview) and query.get(platform.assignment) == platform.preview


def submission(
    platform: Platform, allowed: tuple[str, ...], query: Mapping[str, str], code: str
) -> dict[str, object] | None:
    """The form that tells a platform of the end; None where the link names no allowed origin."""
    arrival = read_arrival(platform, query)
    if platform.submit is None or arrival is None:
        return None
    parameter, path = platform.submit
    origin = query.get(parameter, "").rstrip("/")
    if origin not in allowed:
        return None
    return {"to": origin + path, "fields": {platform.assignment: arrival.assignment, "code": code}}


def completion_link(url: str, code: str) -> str | None:
    """Where a participant goes at the end; `{code}` in it becomes their code."""
    return url.replace(CODE, quote(code, safe="")) or None


def is_link(url: str) -> bool:
    """Whether an address may be given to participants: https, with a host, on one line."""
    if not re.fullmatch(r"https://[!-~]{1,2000}", url) or re.search(r"[\"'<>\\`]", url):
        return False
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
