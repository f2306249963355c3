"""`ganzoo data fetch NAME`: a public data set from its authors, and the recipe for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say, say_aside, short_count

if TYPE_CHECKING:
    from ganzoo.datasets.download import Tick
    from ganzoo.datasets.public_sets import PublicSet


def fetch(
    name: Annotated[
        str | None, typer.Argument(help="The set's name. [default: list all sets]")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="A new folder. [default: the set's name]"),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="ADDRESS", help="Take the archive from here: web or file."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Fetch anew, and replace an earlier fetch's folder.")
    ] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Accept an archive that is not the known one.")
    ] = False,
) -> None:
    """Fetch a public data set from its authors; without a name, list them."""
    from ganzoo.datasets.fetching import Fetch
    from ganzoo.datasets.provenance import FETCHED, read_record
    from ganzoo.datasets.public_sets import find_set

    if name is None:
        _list()
        return
    wanted = find_set(name)
    target = folder or Path(wanted.name)
    record = read_record(target)
    if not again and (record.get("command"), record.get("name")) == (FETCHED, wanted.name):
        _verify(wanted, target)
        return
    with _resumable(target), _progress() as tick:
        Fetch(wanted, target, from_ or "", again, changed, tick=tick, tell=say_aside).run()
    _summarise(wanted, target)


def _list() -> None:
    """All sets: name, size of the archive, images; and what cannot be fetched."""
    from ganzoo.cli.pages.columns import heading
    from ganzoo.datasets.public_sets import PAIRS, PAPERS, SETS, UNPAIRED, WITHDRAWN

    titles = {UNPAIRED: "unpaired: CycleGAN", PAIRS: "pairs: pix2pix"}
    for place, title in titles.items():
        heading(f"{title}, {PAPERS[place]}")
        for each in SETS.values():
            if each.place == place:
                say(f"  {each.name:<24}{_size(each):>7}  {each.images}")
    heading("not here")
    for name, why in WITHDRAWN.items():
        say(f"  {name:<24}{why.partition(':')[0]}")
    say("\nFetch one: ganzoo data fetch NAME. Please cite the papers.")


def _size(each: PublicSet) -> str:
    return short_count(each.size, "B") if each.size else each.about


def _verify(wanted: PublicSet, target: Path) -> None:
    from ganzoo.datasets.provenance import describe_changes
    from ganzoo.errors import GanzooError

    with _progress() as tick:
        difference = describe_changes(target, tick)
    if difference:
        raise GanzooError(
            f"{target} is not as it was fetched: {difference}. --again fetches it anew"
        )
    say(f"{target} is there already, and as it was fetched")
    _summarise(wanted, target)


def _summarise(wanted: PublicSet, target: Path) -> None:
    """What is in the folder, and what to do with it."""
    import shlex

    from ganzoo.datasets.provenance import count_files, read_record

    counts = count_files(target)
    say(f"{wanted.name}: {sum(counts.values()):,} files in {target}")
    for name, count in counts.items():
        say(f"  {name or '.':<12}{count:>9,}")
    say(f"  SHA-256 {read_record(target).get('archive_sha256', '')}")
    where = shlex.quote(str(target))
    if wanted.recipe:
        root = "" if str(target) == wanted.name else f" --set data.root={where}"
        say(f"\nTrain on it: ganzoo run {wanted.recipe}{root}")
    else:
        say(f"\nTranslate them: ganzoo translate MODEL {where}")


@contextmanager
def _resumable(target: Path) -> Iterator[None]:
    """On Ctrl-C, say how to go on."""
    from ganzoo.datasets.download import STAYS

    try:
        yield
    except KeyboardInterrupt:
        say_aside(f"\nstopped. {STAYS} ({target}.part)")
        raise typer.Exit(STOPPED) from None


@contextmanager
def _progress() -> Iterator[Tick]:
    """A bar with rate and time left, on a terminal."""
    import sys

    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    from ganzoo.printing.terminal import Terminal

    console = Terminal(file=sys.stderr)
    columns = (
        TextColumn("{task.description:<9}", markup=False),
        *(BarColumn(20), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, visible=False)
        current = [""]

        def tick(doing: str, done: int, total: int) -> None:
            if doing != current[0]:  # the rate begins anew, with what was there already
                bar.reset(
                    task, total=total or None, completed=done, description=doing, visible=True
                )
                current[0] = doing
            bar.update(task, completed=done, total=total or None)

        yield tick
