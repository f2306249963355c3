"""A participant of known skill, who takes the way of a browser: requests, tickets, answers."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from ganzoo.errors import GanzooError

from ganzoo_study.platforms import PLATFORMS
from ganzoo_study.skills import Habits, Skill
from ganzoo_study.study_file import Study, read_picture

PATIENCE = 60  # seconds for a reply
FRAME_MS = 1000 / 60


def read_truth(folder: Path, study: Study) -> dict[str, str]:
    """By the hash of each image's content, the method that made it; real ones are left out."""
    return {
        _hash(read_picture(folder, study, image.file)): name
        for name, source in study.methods.items()
        for image in source.images
    }


@dataclass
class SimulatedParticipant:
    """Sees the truth behind images, and is fooled as often as its skill says.

    place: the server's host and port. truth: see `read_truth`.
    reloads, repeats: how often the page was reloaded, and an answer sent twice.
    """

    study: Study
    place: tuple[str, int]
    truth: Mapping[str, str]
    skills: Mapping[str, Skill]
    habits: Habits
    number: int
    rng: np.random.Generator
    reloads: int = 0
    repeats: int = 0
    code: str | None = None
    _headers: dict[str, str] = field(default_factory=dict)
    _query: str = ""

    def participate(self) -> bool:
        """From the page to the end, or to where this one leaves; whether it was the end.

        Raises:
            GanzooError: the server replied otherwise than a browser could go on with.
        """
        self._connection = http.client.HTTPConnection(*self.place, timeout=PATIENCE)
        self._rates = {
            name: float(skill.draw_rates(self.rng, ())) for name, skill in self.skills.items()
        }
        leaves = self.rng.random() < self.habits.dropouts
        last = int(self.rng.integers(self.study.all_trials)) if leaves else None
        self._begin()
        state = self._ask("/api/trial", {})
        while state["phase"] != "end" and state["trial"] != last:
            self._answer(state)
            state = self._ask("/api/trial", {})
        self.code = state.get("code")
        self._connection.close()
        return bool(state["phase"] == "end")

    def _begin(self) -> None:
        recruiting = self.study.recruiting
        if recruiting:
            platform = PLATFORMS[recruiting.platform]
            numbers = {platform.worker: f"sim-{self.number}", platform.assignment: "sim"}
            self._query = f"?{urlencode(numbers)}"
        self._fetch("/")
        consent = self._ask("/api/texts")["consent"]
        state = self._ask("/api/start", {"consent": consent})
        if "key" in state:
            self._headers["X-Ganzoo-Key"] = state["key"]

    def _answer(self, state: dict[str, Any]) -> None:
        fake, method = self._look(state["images"])
        shown = True
        while shown and self.rng.random() < self.habits.reloads:
            self.reloads += 1
            again = self._ask("/api/trial", {})
            shown = again["images"] is not None  # else the answer is given from memory
            fake, method = self._look(again["images"]) if shown else (fake, method)
        scored = max(0, state["trial"] - self.study.practice)
        rate = np.array(self._rates[method])
        fooled_rate = float(self.skills[method].tire(rate, scored, self.study.trials))
        choice = 3 - fake if self.rng.random() < fooled_rate else fake
        given = {"trial": state["trial"], "choice": choice, **self._times(shown)}
        self._ask("/api/answer", given)
        if self.rng.random() < self.habits.lost:
            self.repeats += 1
            self._ask("/api/answer", {**given, "choice": 3 - choice})  # the first one counts

    def _look(self, tickets: list[str]) -> tuple[int, str]:
        """Which of a pair is generated, 1 or 2, and by which method."""
        methods = [self.truth.get(_hash(self._fetch(f"/image/{ticket}"))) for ticket in tickets]
        (fake,) = (place for place, method in enumerate(methods, 1) if method)
        return fake, methods[fake - 1] or ""

    def _times(self, shown: bool) -> dict[str, Any]:
        shown_ms = self.study.exposure_ms + self.rng.uniform(-FRAME_MS, FRAME_MS, 2)
        response = float(self.rng.gamma(4, 200))
        exposures = [float(ms) for ms in np.maximum(shown_ms, 0)] if shown else None
        return {"exposures": exposures, "frame": FRAME_MS if shown else None, "response": response}

    def _ask(self, path: str, message: dict[str, Any] | None = None) -> dict[str, Any]:
        reply = json.loads(self._fetch(path, message))
        assert isinstance(reply, dict)
        return reply

    def _fetch(self, path: str, message: dict[str, Any] | None = None) -> bytes:
        body = None if message is None else json.dumps(message)
        headers = {"Content-Type": "application/json", **self._headers}
        method = "GET" if body is None else "POST"
        self._connection.request(method, path + self._query, body, headers)
        reply = self._connection.getresponse()
        content = reply.read()
        if reply.status != 200:
            raise GanzooError(f"{path.partition('?')[0]}: the study replied {reply.status}")
        cookie = reply.headers.get("Set-Cookie")
        if cookie:
            self._headers["Cookie"] = cookie.partition(";")[0]
        return content


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
