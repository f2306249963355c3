"""`ganzoo study`: can people tell generated images from real ones? Made, served, reported."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say
from ganzoo.runs.layout import RunPaths

from ganzoo_study.study_app import Folder, app

if TYPE_CHECKING:
    from ganzoo_study.study_file import Study


class Format(StrEnum):
    """How images are stored."""

    png = "png"
    jpeg = "jpeg"


Out = Annotated[Path, typer.Argument(metavar="OUT", help="The study's new folder.")]
Real = Annotated[
    Path,
    typer.Option(metavar="DIR|MODEL", help="Real images, or a model whose test data has them."),
]
Fake = Annotated[
    list[str],
    typer.Option(
        metavar="[NAME=]DIR|MODEL",
        help="A method: generated images, or a model that makes them; may be given again.",
    ),
]
Output = Annotated[str, typer.Option(help="Which of the models' outputs. [default: its first]")]
Size = Annotated[
    str,
    typer.Option(
        metavar="SIDE|HxW", help="Of every image. [default: that of the first generated one]"
    ),
]
Trials = Annotated[int, typer.Option(min=1, max=1000, help="Scored trials.")]
Practice = Annotated[int, typer.Option(min=0, max=1000, help="Trials with feedback.")]
Exposure = Annotated[float, typer.Option(min=0.02, max=60, help="Seconds an image.")]
Blank = Annotated[
    float, typer.Option(min=0, max=60, help="Seconds before, between and after them.")
]
Repeats = Annotated[
    bool, typer.Option("--repeats", help="Show images again where there are too few.")
]
Limit = Annotated[int, typer.Option(min=1, help="At most so many images of a class.")]
FormatOption = Annotated[
    Format, typer.Option("--format", help="Of all images, whatever they were.")
]
Quality = Annotated[int, typer.Option(min=1, max=100, help="Of JPEG.")]
Wording = Annotated[
    str,
    typer.Option(
        "--texts",
        metavar="FILE|LANGUAGE",
        help="What participants read: a TOML file as `ganzoo study texts` prints it, or a language "
        "that ships.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Which images, where --limit chooses.")]


@app.command()
def create(
    out: Out,
    real: Real,
    fake: Fake,
    output: Output = "",
    size: Size = "",
    trials: Trials = 40,
    practice: Practice = 10,
    exposure: Exposure = 1.0,
    blank: Blank = 0.5,
    repeats: Repeats = False,
    limit: Limit = 500,
    format_: FormatOption = Format.png,
    quality: Quality = 95,
    seed: Seed = 0,
    texts: Wording = "en",
) -> None:
    """Make a study of real images and one or more methods' generated ones."""
    from ganzoo.runs.model_names import find_place

    from ganzoo_study.creating import Options, create_study
    from ganzoo_study.page_texts import load_texts

    options = Options(
        trials=trials,
        practice=practice,
        exposure_ms=1000 * exposure,
        blank_ms=1000 * blank,
        size=_size(size),
        format="jpeg" if format_ is Format.jpeg else "png",
        quality=quality,
        repeats=repeats,
        limit=limit,
        output=output,
        seed=seed,
        texts=load_texts(texts),
    )
    study = create_study(out, find_place(str(real)), _named(fake), options, say)
    _tell_created(study, out)


@app.command()
def serve(
    folder: Folder,
    host: Annotated[
        str, typer.Option(help="The address to listen at; 0.0.0.0 for all of this machine's.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8000,
    url: Annotated[
        str,
        typer.Option(help="Where participants find it, if a server with TLS stands before it."),
    ] = "",
) -> None:
    """Serve a study's page until Ctrl-C; from other machines only by a link with a token."""
    from ganzoo_study import serving
    from ganzoo_study.exporting import read_base

    serving.check_packages()
    serving.refuse_simulated(folder)
    base = read_base(url) if url else ""
    store = serving.open_store(folder)
    try:
        local = serving.is_local(host) and not base
        token = None if local else store.token()
        at = serving.listen(host, port)
        link = serving.address(host, at.getsockname()[1], token)
        link = f"{base}/?token={token}" if base else link
        say(f"Participants open {link}\nCtrl-C stops; every answer is saved at once.")
        serving.serve(serving.application(folder, store, token), at)
        done, open_ = store.finished(), sum(store.unfinished().values())
    finally:
        store.close()
    say(
        f"\nStopped. {done} finished, {open_} not yet; who has not goes on where they were.\n"
        f"  ganzoo study serve {folder}     goes on\n"
        f"  ganzoo study report {folder}    shows the results"
    )


@app.command()
def report(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option(help="Where to write. [default: STUDY/report]")
    ] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Count those who have not finished, too.")
    ] = False,
    codes: Annotated[
        Path | None,
        typer.Option(help="A file with completion codes that a platform was given, to check them."),
    ] = None,
    draws: Annotated[int, typer.Option(min=100, max=10**6, help="Of the bootstrap.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
) -> None:
    """Print the table; write it with a chart and all responses."""
    from ganzoo.cli.pages.columns import print_columns

    from ganzoo_study import reporting
    from ganzoo_study.completion_codes import check_codes

    results = reporting.read_report(folder, unfinished, draws, seed)
    print_columns([reporting.HEAD, *reporting.rows(results)], indent=0)
    say()
    for remark in results.remarks:
        say(remark)
    for line in check_codes(codes, results.participations) if codes else ():
        say(line)
    for file in reporting.write_report(results, out or folder / "report"):
        say(file)


def _named(fakes: list[str]) -> dict[str, Path]:
    """Methods by name; without one it is the folder's, or the file's.

    Raises:
        GanzooError: two have one name.
    """
    from ganzoo.runs.model_names import find_place

    named: dict[str, Path] = {}
    for given in fakes:
        name, separator, path = given.partition("=")
        if not separator or Path(given).exists():
            name, path = _name(Path(given)), given
        if not name or name in named:
            raise GanzooError(f"--fake {given}: give each method a name of its own, as NAME={path}")
        named[name] = find_place(path)
    return named


def _name(path: Path) -> str:
    place = path.resolve()
    return place.parent.name if place == RunPaths(place.parent).model else place.stem


def _size(text: str) -> tuple[int, int] | None:
    """`256` or `256x512`, height first.

    Raises:
        GanzooError: it is neither.
    """
    sides = text.split("x") if text else []
    numbers = [int(side) for side in sides if side.isdecimal() and 8 <= int(side) <= 4096]
    if len(numbers) != len(sides) or len(sides) > 2:
        raise GanzooError(f"--size {text}: write a side as 256, or HEIGHTxWIDTH as 256x512")
    return (numbers[0], numbers[-1]) if numbers else None


def _tell_created(study: Study, out: Path) -> None:
    height, width = study.size
    counts = {"real": study.real, **{f"fake {n}": m for n, m in study.methods.items()}}
    said = ", ".join(f"{name} {len(source.images)}" for name, source in counts.items())
    say(f"{out}: {height} x {width} pixels; {said} images")
    say(
        f"{study.practice} practice and {study.trials} scored trials, about "
        f"{study.minutes} min a participant; 25 a method are recommended\n\n"
        f"Next:\n  ganzoo study serve {out}"
    )
