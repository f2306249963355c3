"""`ganzoo bundle MODEL`: a model in one file, for others to open."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.options import Best, ModelOf
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say, say_aside, short_count
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from ganzoo.runs.bundle_manifest import Manifest
    from ganzoo.sharing.shipment import Shipment

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="A new file. [default: the model's name.ganzoo]"),
]
Licence = Annotated[
    str,
    typer.Option(
        "--licence", metavar="NAME", help="Of the weights, for a run's card, as apache-2.0."
    ),
]


def bundle(model: ModelOf, out: Out = None, best: Best = False, licence: Licence = "") -> None:
    """Put a model into one file: weights, recipe, card and pictures, and never code."""
    from ganzoo.files.existing import refuse_existing
    from ganzoo.runs.model_names import BUNDLE_SUFFIX
    from ganzoo.sharing.bundle_writing import ELSEWHERE, write_bundle
    from ganzoo.sharing.model_card import Statements
    from ganzoo.sharing.shipment import gather_files

    if out and out.suffix != BUNDLE_SUFFIX:
        raise GanzooError(f"{out}: a bundle is known by its name, which ends in {BUNDLE_SUFFIX}")
    refuse_existing([out] if out else [], ELSEWHERE)
    refuse_missing(model, best=best)
    with tempfile.TemporaryDirectory(prefix="ganzoo-") as work:
        shipment = gather_files(model, Path(work), best, Statements(licence=licence))
        path = out or Path(f"{shipment.name}{BUNDLE_SUFFIX}")
        manifest = write_bundle(shipment, path)
    say(f"{path}: {short_count(path.stat().st_size, 'B')}")
    list_files(manifest)
    warn_of_places(shipment)
    say(f"\nOpen it anywhere: ganzoo open {shlex.quote(str(path))}")


def list_files(manifest: Manifest) -> None:
    """Print the files of a bundle with their sizes, and the packages that it needs."""
    list_sizes({member.name: member.size for member in manifest.files})
    needs = ", ".join(f"{name} {version}" for name, version in manifest.packages.items())
    say(f"  needs {needs}" if needs else "  needs no package")


def list_sizes(sizes: Mapping[str, int]) -> None:
    """Print the sizes of files, by name."""
    for name, size in sizes.items():
        say(f"  {name:<28}{short_count(size, 'B'):>9}")


def warn_of_places(shipment: Shipment) -> None:
    """Say which names of folders of this machine go along, in the recipe and in the weights."""
    if shipment.places:
        say_aside(f"note: its recipe says where your images are: {', '.join(shipment.places)}")
