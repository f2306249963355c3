"""What tests share: tiny recipes, a cache of their own, one thread, a browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

TINY = {
    "networks.G": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.F": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.D_X": {"type": "patchgan", "width": 4, "layers": 1},
    "networks.D_Y": {"type": "patchgan", "width": 4, "layers": 1},
    "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3},
    "train.device": "cpu",
}


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Here, and in the processes that tests start: threads that wait for each other spin."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def tiny():
    """Overrides that shrink a translation recipe to a blink; a test may add its own."""
    return lambda **more: {**TINY, **{k.replace("__", "."): v for k, v in more.items()}}


@pytest.fixture
def recipes():
    return Path(__file__).parent.parent / "recipes"


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium, headless, by playwright; while it runs, asyncio.run is refused here."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    driver = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with driver.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def violations():
    """What axe finds wrong on a page: `violations(page)` is a list of rules with elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe")
    run = axe.Axe().run

    def found(page):
        broken = run(page).response["violations"]
        return [f"{rule['id']}: {node['html']}" for rule in broken for node in rule["nodes"]]

    return found
