"""What tests share: tiny recipes, a cache of their own, one thread, a browser, the table of cases.

A case is something that broke in strangers' hands; the test that holds it since is marked
`@pytest.mark.case("A1")`. `pytest -m case --write-cases` runs those and writes docs/cases.md.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tarfile
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent
CASES_PAGE = """# Cases

What broke when ganzoo met other people's pictures, methods and accidents, what is right, and the
tests that hold it. `pytest -m case --write-cases` runs them and writes this page.

| Case | What was done | What is right | Outcome | Held by |
|---|---|---|---|---|
"""

TINY = {
    "networks.G": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.F": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.D_X": {"type": "patchgan", "width": 4, "layers": 1},
    "networks.D_Y": {"type": "patchgan", "width": 4, "layers": 1},
    "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3},
    "train.device": "cpu",
}


def pytest_runtest_setup(item):
    if item.get_closest_marker("imagemagick") and not has_imagemagick():
        pytest.skip("ImageMagick is not installed")


@cache
def has_imagemagick():
    """Whether `convert` and `identify` are its own; other programs bear these names, too."""

    def says(name):
        there = shutil.which(name)
        return subprocess.run([there, "-version"], capture_output=True).stdout if there else b""

    return all(b"Version: ImageMagick" in says(name) for name in ("convert", "identify"))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Here, and in the processes that tests start: threads that wait for each other spin."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(autouse=True, scope="session")
def hangups_are_heard():
    """Here, and in the processes that tests start, even where all of this runs under nohup."""
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def tiny_settings():
    """Overrides that shrink a translation recipe to a blink, for fixtures of a whole module."""
    return TINY


@pytest.fixture
def tiny():
    """Overrides that shrink a translation recipe to a blink; a test may add its own."""
    return lambda **more: {**TINY, **{k.replace("__", "."): v for k, v in more.items()}}


@pytest.fixture(scope="session")
def tiny_rules():
    """The rules of a recipe that trains in a blink: one decides all, and warns of few images."""
    from ganzoo.interfaces import Caution, Decision, PlanCandidate, Rule
    from ganzoo.planning.drafting import NamedRule

    class Tiny(Rule):
        """Tiny networks, two steps."""

        def decide(self, draft):
            for key, value in draft.facts.data.items():
                yield Decision(f"data.{key}", value, "where the images are")
            yield Decision("data.size", 16, "tests are short", "never")
            for name, table in TINY.items():
                if name.startswith("networks."):
                    yield Decision(name, table, "tests are short", how="fixed")
            term = {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"}
            yield Decision("losses.adversarial_Y", term, "least squares", how="fixed")
            term = {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"}
            yield Decision("losses.adversarial_X", term, "least squares", how="fixed")
            yield Decision("outputs.x2y", "G(x)", "it was asked for")
            yield Decision("optimizers.default", {"type": "adam"}, "as in the paper", how="fixed")
            yield Decision("train.length", "2 steps", "a blink", how="trial")
            yield Decision("train.device", "cpu", "tests run on CPUs")
            yield Decision("samples.count", 1, "tests are short")
            yield Decision("default_metrics", False, "tests are short")
            yield Caution("small", "note", "images are small")
            yield Caution("few", "warning", f"x has {draft.facts.x.images} images", "get more")
            if draft.facts.x.images < 3:
                yield Caution("too_few", "stop", "x has hardly any image", "get ten at least")

        def candidates(self, draft):
            wider = Decision("networks.G.width", 8, "it may be too narrow")
            yield PlanCandidate("wider", (wider,), "networks may be too narrow", rank=1)

    return [NamedRule("tiny", Tiny())]


@pytest.fixture
def two_threads():
    """As on a machine of two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def bounded_memory():
    """A context in which this process takes no more than 200 MiB, where Linux counts it."""
    counts = Path("/proc/self/status")

    def mebibytes(key):
        lines = counts.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024

    @contextmanager
    def bounded():
        try:
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
            before = mebibytes("VmRSS:")
        except OSError:
            yield
            return
        yield
        assert mebibytes("VmHWM:") - before < 200

    return bounded


@pytest.fixture
def recipes():
    return Path(__file__).parent / "recipes"


@pytest.fixture(scope="session")
def unpack_nasty():
    """Unpacks the files that break loaders into a folder, and returns the folder that holds them.

    By hand: what this file system cannot hold (odd names, links) is left out.
    """

    def unpack(folder):
        with tarfile.open(ROOT / "tests" / "data" / "nasty.tar") as archive:
            for member in archive:
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    if member.issym():
                        path.symlink_to(member.linkname)
                    elif member.isdir():
                        path.mkdir(exist_ok=True)
                    else:
                        path.write_bytes(archive.extractfile(member).read())
                except (OSError, ValueError):
                    continue
        return folder / "nasty"

    return unpack


@pytest.fixture(scope="module")
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


def pytest_addoption(parser):
    parser.addoption("--write-cases", action="store_true", help="write docs/cases.md")


def pytest_configure(config):
    config.pluginmanager.register(Cases(config), "cases")


def pytest_collection_modifyitems(items):
    """A test's cases travel with its reports, from xdist's workers too."""
    for item in items:
        cases = [case for mark in item.iter_markers("case") for case in mark.args]
        item.user_properties.extend(("case", case) for case in cases)


class Cases:
    """Collects what the tests of each case came to, and writes the table where it was asked for."""

    def __init__(self, config):
        self.asked = config.getoption("--write-cases")
        self.passed = {}

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        test = report.nodeid.partition("[")[0]
        for name, case in report.user_properties:
            if name == "case":
                tests = self.passed.setdefault(case, {})
                tests[test] = report.passed and tests.get(test, True)

    def pytest_sessionfinish(self, session):
        if self.asked and not hasattr(session.config, "workerinput"):
            lines = (ROOT / "tests" / "data" / "cases.tsv").read_text(encoding="utf-8").splitlines()
            rows = [self._row(*line.split("\t")) for line in lines]
            (ROOT / "docs" / "cases.md").write_text(CASES_PAGE + "".join(rows), encoding="utf-8")

    def _row(self, case, *texts):
        tests = self.passed.get(case, {})
        outcome = "holds" if tests and all(tests.values()) else "fails" if tests else "no test"
        held = "<br>".join(f"`{test}`" for test in sorted(tests))
        cells = [case, *(text.replace("|", "\\|") for text in texts), outcome, held]
        return f"| {' | '.join(cells)} |\n"
