"""`ganzoo demo` as it is typed: what is refused, what is printed, and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.demo import listening
from ganzoo.registry import extras

MODELS = Path(__file__).parent.parent / "data" / "runs_0_1"


def refusal(*words):
    result = CliRunner().invoke(app, ["demo", *words])
    assert result.exit_code == 2
    return result.output


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "uvicorn" else name)
    said = refusal(str(MODELS / "pix2pix"))
    assert (
        said == "ganzoo: ganzoo demo needs the package uvicorn: pip install 'ganzoo-core[demo]'\n"
    )


def test_a_damaged_extra_is_named_before_models_are_opened(monkeypatch):
    def damaged(name):
        raise ImportError(name)

    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    monkeypatch.setattr(extras, "import_module", damaged)
    said = refusal(str(MODELS / "pix2pix"))
    assert said == (
        "ganzoo: ganzoo demo needs the package starlette, which is installed, but cannot be "
        "imported (starlette); install it again: pip install --force-reinstall starlette\n"
    )


def test_mistakes_are_one_sentence():
    pytest.importorskip("starlette")
    model = str(MODELS / "pix2pix")
    with listening.listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        assert refusal(model, "--port", port).startswith(
            f"ganzoo: port {port} is in use by another program; choose another with --port"
        )
    assert refusal(model, "nowhere") == "ganzoo: nowhere: there is no such file or folder\n"
    assert "write trained, native" in refusal(model, "--scale", "big")
    assert "--host 192.0.2.1 --port 0" in refusal(model, "--host", "192.0.2.1", "--port", "0")


@contextmanager
def started(*words):
    """A demo in a process of its own, and the lines that it prints up to its link."""
    command = [sys.executable, "-m", "ganzoo", "demo", *words, "--port", "0", "--device", "cpu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        while not lines or not lines[-1].startswith("http"):
            assert process.poll() is None
            lines.append(process.stdout.readline().rstrip())
        try:
            yield process, lines
        finally:
            process.kill()


def read(link, **headers):
    with urllib.request.urlopen(urllib.request.Request(link, headers=headers)) as reply:
        return reply.read()


def test_it_serves_until_a_signal_and_says_so():
    pytest.importorskip("starlette")
    models = [str(MODELS / name) for name in ("pix2pix", "cgan")]
    with started(*models) as (process, lines):
        assert lines[0].startswith("pix2pix: x2y (pix2pix")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", lines[-1])
        assert b'"name":"cgan"' in read(f"{lines[-1]}models")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stdout.read().endswith("\nStopped.\n")


def test_beyond_this_machine_it_is_behind_a_token():
    pytest.importorskip("starlette")
    with started(str(MODELS / "cgan"), "--host", "0.0.0.0") as (process, lines):
        _, token = lines[-1].split("/?token=")
        port = re.search(r":(\d+)/", lines[-1])[1]
        with pytest.raises(urllib.request.HTTPError, match="403"):
            read(f"http://127.0.0.1:{port}/models")
        assert b"cgan" in read(f"http://127.0.0.1:{port}/models", Authorization=f"Bearer {token}")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
