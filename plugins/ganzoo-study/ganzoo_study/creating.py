"""Makes a study's folder: all images treated alike, with random names. It is whole or not there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from ganzoo import __version__
from ganzoo.components.data.headers import HeaderSummary, header_warnings
from ganzoo.components.data.transforms import Size
from ganzoo.errors import DataError, GanzooError
from ganzoo.files.writing import remove, write_with

from ganzoo_study.encoding import Encoder, fingerprint, level
from ganzoo_study.page_texts import complete
from ganzoo_study.sources import TakenImage, take_fakes, take_reals
from ganzoo_study.store import Store
from ganzoo_study.study_file import (
    IMAGES,
    RESPONSES,
    Format,
    Picture,
    Study,
    StudyImages,
    write_study,
)

LONGEST = 1024  # pixels of a side, unless a size is asked for
SHOWN_FAULTS = 10
Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How a study is made; times in milliseconds.

    size: of every image, (height, width); None is that of the first generated image.
    repeats: show images more than once where there are fewer than trials.
    limit: at most so many images of a class, chosen by `seed`.
    output: which of a model's outputs; left out, its first.
    texts: what participants read; None is English.
    """

    trials: int = 40
    practice: int = 10
    exposure_ms: float = 1000
    blank_ms: float = 500
    size: Size | None = None
    format: Format = "png"
    quality: int = 95
    repeats: bool = False
    limit: int = 500
    output: str = ""
    seed: int = 0
    texts: dict[str, str] | None = None

    @property
    def need(self) -> int:
        """How many images of a class one participant is shown."""
        return self.trials + self.practice


def create_study(
    out: Path, real: Path, fakes: Mapping[str, Path], options: Options, say: Say
) -> Study:
    """Make a study in the new folder `out`.

    fakes: by the method's name, a folder of images, a model file or a run folder.

    Raises:
        GanzooError: `out` already exists, or cannot be written.
        DataError: images are missing, broken or too few; all faults at once.
        ModelError: a model cannot be used.
    """
    _check(out, [real, *fakes.values()], options)
    work = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        (work / IMAGES).mkdir(parents=True)
        study = _fill(work, real, fakes, options, say)
        work.rename(out)
    except OSError as error:
        raise GanzooError(f"{out}: cannot be written ({error.strerror or error})") from error
    finally:
        remove(work)
    return study


def _check(out: Path, sources: Sequence[Path], options: Options) -> None:
    faults = [f"{out} already exists; name a new folder"] if out.exists() else []
    faults += [f"{path}: there is no such file or folder" for path in sources if not path.exists()]
    if options.limit < options.need and not options.repeats:
        faults.append(f"--limit {options.limit}: the trials show {options.need} images of a class")
    if faults:
        raise GanzooError("\n".join(faults))


def _fill(work: Path, real: Path, fakes: Mapping[str, Path], options: Options, say: Say) -> Study:
    limits = options.output, options.limit, options.seed
    taken = {name: take_fakes(path, *limits) for name, path in fakes.items()}
    taken = {"real": take_reals(real, *limits), **{f"fake {n}": t for n, t in taken.items()}}
    first, taken[f"fake {next(iter(fakes))}"] = _peek(taken[f"fake {next(iter(fakes))}"])
    encoder = Encoder(options.size or _size(first), options.format, options.quality)
    writer = StudyImageWriter(work / IMAGES, encoder)
    images_of = {name: writer.write(name, images) for name, images in taken.items()}
    writer.check(images_of, options)
    now = datetime.now(UTC)
    level(list((work / IMAGES).iterdir()), now.timestamp())
    sources = {name: str(path) for name, path in fakes.items()}
    methods = {n: StudyImages(source=s, images=images_of[f"fake {n}"]) for n, s in sources.items()}
    reals = StudyImages(source=str(real), images=images_of["real"])
    study = _study(options, encoder.size, now, reals, methods)
    write_study(work, study)
    Store(work / RESPONSES).close()
    for warning in writer.warnings(images_of):
        say(warning)
    return study


def _peek(images: Iterator[TakenImage]) -> tuple[list[TakenImage], Iterator[TakenImage]]:
    """The images up to the first that can be read, and all of them."""
    first: list[TakenImage] = []
    for taken in images:
        first.append(taken)
        if not taken.fault:
            break
    return first, chain(first, images)


def _size(first: Sequence[TakenImage]) -> Size:
    """The size of an image, scaled down until its longer side is at most LONGEST."""
    if first[-1].fault:  # nothing can be read: all faults are reported later
        return 1, 1
    height, width = first[-1].pixels.shape[-2:]
    scale = min(1.0, LONGEST / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


class StudyImageWriter:
    """Writes images under random names; collects faults and what spoils a study.

    An image that a class has twice is kept once: nobody should see it twice.
    """

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.folder, self.encoder = folder, encoder
        self.faults: list[str] = []
        self.enlarged: dict[str, int] = {}
        self.prints: dict[str, set[str]] = {}
        self.headers: dict[str, dict[Path, HeaderSummary]] = {}

    def write(self, name: str, images: Iterator[TakenImage]) -> list[Picture]:
        """The images of one class."""
        prints = self.prints.setdefault(name, set())
        return [picture for taken in images if (picture := self._write(name, taken, prints))]

    def _write(self, name: str, taken: TakenImage, prints: set[str]) -> Picture | None:
        if taken.fault:
            self.faults.append(taken.fault)
            return None
        if taken.look:
            self.headers.setdefault(name, {})[Path(taken.origin)] = taken.look
        pixels = self.encoder.fit(taken.pixels)
        known = fingerprint(pixels)
        if known in prints:
            return None
        prints.add(known)
        self.enlarged[name] = self.enlarged.get(name, 0) + self.encoder.enlarges(taken.pixels)
        file = f"{secrets.token_hex(16)}.{self.encoder.format}"
        content = self.encoder.encode(pixels)
        write_with(self.folder / file, lambda opened: opened.write(content))
        return Picture(file=file, origin=taken.origin)

    def check(self, images_of: Mapping[str, Sequence[Picture]], options: Options) -> None:
        """Check that all images could be read, and that there are enough.

        Raises:
            DataError: all faults at once.
        """
        faults = self.faults[:SHOWN_FAULTS]
        if len(self.faults) > SHOWN_FAULTS:
            faults.append(f"and {len(self.faults) - SHOWN_FAULTS} more that cannot be read")
        if not faults and not options.repeats:
            faults = [
                f"--{name}: {len(images)} different images, but {options.practice} practice and "
                f"{options.trials} scored trials show {options.need}: "
                "lower --trials or --practice, or let images be shown again with --repeats"
                for name, images in images_of.items()
                if len(images) < options.need
            ]
        if faults:
            raise DataError("\n".join(faults))

    def warnings(self, images_of: Mapping[str, Sequence[Picture]]) -> Iterator[str]:
        """What may spoil the study."""
        for name, headers in self.headers.items():
            yield from (f"note: --{name}: {left_out}" for left_out in header_warnings(headers))
        size = "{} x {}".format(*self.encoder.size)
        for name, count in self.enlarged.items():
            if count:
                yield (
                    f"note: {count} of {len(images_of[name])} images of --{name} are smaller than "
                    f"{size} and were enlarged: their blur may give them away (see --size)"
                )
        for name, prints in self.prints.items():
            both = len(prints & self.prints["real"]) if name != "real" else 0
            if both:
                yield f"note: {both} images are in --real and in --{name} alike"


def _study(
    options: Options, size: Size, now: datetime, real: StudyImages, methods: dict[str, StudyImages]
) -> Study:
    return Study(
        id=secrets.token_hex(8),
        created=now.isoformat(timespec="seconds"),
        ganzoo=__version__,
        trials=options.trials,
        practice=options.practice,
        exposure_ms=options.exposure_ms,
        blank_ms=options.blank_ms,
        size=size,
        format=options.format,
        repeats=options.repeats,
        real=real,
        methods=methods,
        texts=dict(complete(options.texts)),
    )
