"""`ganzoo push MODEL OWNER/NAME`: sends a model to Hugging Face's hub."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.bundle import Licence, list_sizes, warn_of_places
from ganzoo.cli.options import Best, ModelOf
from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say, say_aside
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from ganzoo.sharing.pushing import Hub, HubPlace


def push(
    model: ModelOf,
    to: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Its name on the hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="Nobody else sees it. [default: everybody does]")
    ] = False,
    revision: Annotated[
        str, typer.Option("--revision", metavar="BRANCH", help="A branch. [default: main]")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; do not ask the hub.")
    ] = False,
    best: Best = False,
    licence: Licence = "",
) -> None:
    """Send a model to Hugging Face's hub: card, recipe, picture and weights, in one commit."""
    from ganzoo.runs.hub_answers import endpoint
    from ganzoo.runs.hub_names import parse_hub_name
    from ganzoo.sharing.model_card import Statements
    from ganzoo.sharing.pushing import Hub, HubPlace, prepare_files
    from ganzoo.sharing.shipment import gather_files

    name = parse_hub_name(f"{to}@{revision}" if revision else to)
    refuse_missing(model, best=best)
    hub = None if dry_run else Hub(name)
    stated = Statements(load=str(name.at("")), licence=licence)
    with tempfile.TemporaryDirectory(prefix="ganzoo-") as work:
        shipment = gather_files(model, Path(work), best, stated)
        files = prepare_files(shipment, Path(work))
        place = hub.look_up(private) if hub else HubPlace(False, private)
        say(f"{name} at {endpoint()}: {place.describe()}, as one commit to {name.wanted}")
        sizes = {name: path.stat().st_size for name, path in files.items()}
        list_sizes({**sizes, "together": sum(sizes.values())})
        warn_of_places(shipment)
        if hub:
            _send(hub, files, place, f"{shipment.name}, by ganzoo push")
        else:
            say("\nNothing was sent, and the hub was not asked (--dry-run).")


def _send(hub: Hub, files: Mapping[str, Path], place: HubPlace, message: str) -> None:
    try:
        sent = hub.send(files, place, message)
    except KeyboardInterrupt:
        say_aside("\nstopped: nothing was committed; the same command begins anew")
        raise typer.Exit(STOPPED) from None
    say(f"\nSent. Use it: {shlex.join(['ganzoo', 'translate', str(sent), 'IN', 'OUT'])}")
