"""`ganzoo demo MODEL...`: trained models on a page of this machine."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.options import Best, Compile, Device, EngineOf, Precision, memory_of, scale_of
from ganzoo.cli.torch_import import import_torch
from ganzoo.cli.translate import MemoryOf, ScaleOf
from ganzoo.demo.listening import listen, make_link, make_token
from ganzoo.inference.engines.engine_choice import settle_engine
from ganzoo.launch.worker import STOPPED, answer_signals, end_at_once
from ganzoo.printing.text import say
from ganzoo.registry.extras import import_extra, require_packages
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from ganzoo.demo.demo_models import DemoModel

PACKAGES = ("starlette", "uvicorn", "python_multipart")
ModelsOf = Annotated[
    list[Path],
    typer.Argument(metavar="MODEL...", help="Runs' folders, checkpoints' folders, or model files."),
]
Host = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="Where to listen. Other addresses than this machine's own are behind a token.",
    ),
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 is any free one.")]
OpenBrowser = Annotated[bool, typer.Option("--open-browser", help="Open the page in a browser.")]


def demo(
    models: ModelsOf,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    open_browser: OpenBrowser = False,
    best: Best = False,
    scale: ScaleOf = "trained",
    memory: MemoryOf = "",
    precision: Precision = "float32",
    engine: EngineOf = None,
    compile_: Compile = False,
    device: Device = "",
) -> None:
    """Show models on a page in the browser: drop a picture, see it translated, download it."""
    require_packages("ganzoo demo", PACKAGES)
    for model in models:
        refuse_missing(model, best=best)
    factor, amount, token = scale_of(scale), memory_of(memory), make_token(host)
    for package in PACKAGES:
        import_extra(package, "ganzoo demo")  # a damaged one is told before models are opened
    at = listen(host, port)
    import_torch()
    from ganzoo.builder.opening import Opening
    from ganzoo.demo.demo_models import name_models, open_models

    chosen = settle_engine(engine, compile_, precision, device)
    openings = [
        Opening(model, best, device, precision=precision, engine=chosen) for model in models
    ]
    named = dict(zip(name_models(models), openings, strict=True))
    shown = open_models(named, factor, amount)
    _say_what(shown)
    link = make_link(host, at.getsockname()[1], token)
    say(f"{link}\nCtrl-C ends it. Nothing that is sent is stored.")
    if open_browser:
        webbrowser.open(link)
    _serve(shown, at, host, token)


def _say_what(models: Sequence[DemoModel]) -> None:
    for model in models:
        say(f"{model.name}: {', '.join(model.outputs)} ({model.model.origin})")
        for name, why in model.left_out.items():
            say(f"note: {model.name}: {name} is not shown: {why}", err=True)


def _serve(models: Sequence[DemoModel], at: socket, host: str, token: str) -> None:
    """Serve until a signal comes; what is computed then is not waited for."""
    from ganzoo.demo.demo_server import make_server, make_site

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    _, application = make_site(models, host, at.getsockname()[1], token)
    server = make_server(application)
    answer_signals(stop)
    try:
        server.run(sockets=[at])
    except KeyboardInterrupt:
        say("\nStopped.")
        end_at_once(STOPPED)
