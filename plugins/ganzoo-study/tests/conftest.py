"""What the tests of the study share: tiny studies, and browsers that visit them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ganzoo_study.creating import Options, create_study

COLOURS = {"real": 40, "one": 200, "two": 220}  # the red of a class's images: tests can see it
COUNT = 12


@pytest.fixture(scope="module")
def coloured(tmp_path_factory):
    """Folders of images: real ones of noise, generated ones flat, so that their files differ."""
    place = tmp_path_factory.mktemp("images")
    chance = np.random.default_rng(0)
    for name, red in COLOURS.items():
        (place / name).mkdir()
        for number in range(COUNT):
            pixels = np.full((24, 24, 3), number, np.uint8)
            pixels[..., 2] = chance.integers(0, 256, (24, 24)) if name == "real" else 9
            pixels[..., 0] = red
            Image.fromarray(pixels).save(place / name / f"{name}{number}.png")
    return place


@pytest.fixture(scope="module")
def make(coloured, tmp_path_factory):
    """`make(trials=3)` is a study of these images in a new folder."""

    def study(methods=("one", "two"), **options):
        folder = tmp_path_factory.mktemp("studies") / "study"
        fast = {"trials": 3, "practice": 2, "exposure_ms": 100, "blank_ms": 20, **options}
        fakes = {name: coloured / name for name in methods}
        create_study(folder, coloured / "real", fakes, Options(**fast), print)
        return folder

    return study


@pytest.fixture
def visit(browser):
    """`visit(host)` is a page of a new participant; what it complains about fails the test."""
    contexts, complaints = [], []

    def page(host, **how):
        contexts.append(browser.new_context(**how))
        opened = contexts[-1].new_page()
        opened.on("console", lambda message: complaints.extend(complaint(message.text)))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: complaints.extend(foreign(request.url, host)))
        opened.goto(f"http://{host}/")
        return opened

    yield page
    for context in contexts:
        context.close()
    assert not complaints


def complaint(text):
    return [] if text.endswith("net::ERR_FAILED") else [text]  # a test broke that connection


def foreign(url, host):
    return [] if url.removeprefix("blob:").startswith(f"http://{host}/") else [url]
