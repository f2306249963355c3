"""Findings about single files: unreadable, left out, of one value, turned, not read in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ganzoo.components.data.image_listing import Survey, format_left_out, shown
from ganzoo.components.readers.installed_readers import read_suffixes
from ganzoo.inspection.fact_reading import Gallery
from ganzoo.inspection.finding import Finding, Level, about, below, images
from ganzoo.inspection.folder_subsets import Subset
from ganzoo.inspection.image_facts import ImageFacts
from ganzoo.registry.former import how_to_install

# Images whose values vary less, in levels of 255, show next to nothing.
LEAST_SPREAD = 2.0
SKIP = "mend or remove them; or train without them: --set data.unreadable=skip"
# Suffixes of images and arrays. Other files, such as .txt and .json, are not missed.
PICTURES = frozenset(
    (
        *(".gif", ".heic", ".heif", ".tga", ".psd", ".exr", ".hdr", ".jxl", ".ico", ".svg"),
        *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw", ".npy", ".npz", ".mat", ".h5"),
        *(".dcm", ".nii", ".gz", ".mha", ".nrrd", ".jp2", ".avif"),
    )
)
# What another package reads, where it is not installed.
READERS, PACKAGE = (".heic", ".heif", ".dcm", ".nii"), "ganzoo-readers"


def file_findings(gallery: Gallery) -> Iterator[Finding]:
    """What is wrong with single files, and what reading leaves out."""
    yield from _nothing(gallery)
    yield from _unlisted(gallery)
    yield from _unreadable(gallery)
    yield from _not_read(gallery)
    yield from _constant(gallery)
    yield from _turned(gallery)
    yield from _several_pages(gallery)
    yield from _ignored(gallery)


def _nothing(gallery: Gallery) -> Iterator[Finding]:
    """A folder that a training would read, and in which it would find nothing."""
    subsets = gallery.contents.subsets
    if all(subset.held_out for subset in subsets):
        text = "there are only test images, on which nothing can be trained"
        yield Finding("nothing", "error", text, advice="put others into trainA and trainB")
    for subset in subsets:
        if not gallery.facts[subset.name]:
            what = "no image that can be read" if subset.images else "no images"
            advice = "remove the empty folder" if subset.held_out else _readable()
            text = f"{_called(subset)} holds {what}, and a training would stop there"
            yield Finding("nothing", "error", text, advice=advice)


def _readable() -> str:
    return f"put images there; {', '.join(read_suffixes())} are read"


def _called(subset: Subset) -> str:
    return "the folder" if subset.name == "." else f"'{shown(Path(subset.name))}'"


def _unlisted(gallery: Gallery) -> Iterator[Finding]:
    for error in gallery.contents.refused:
        advice = "allow yourself to read it (chmod u+rx), or move it elsewhere"
        yield Finding("unlisted", "error", str(error), advice=advice)


def _unreadable(gallery: Gallery) -> Iterator[Finding]:
    """All broken files, each with its own reason."""
    wrong = gallery.wrong
    if wrong:
        s = "" if len(wrong) == 1 else "s"
        reasons = tuple(_reason(gallery, path) for path in wrong)
        text = f"{len(wrong)} file{s} cannot be read"
        yield Finding("unreadable", "error", text, reasons, SKIP, tuple(wrong))


def _reason(gallery: Gallery, path: Path) -> str:
    reason = str(gallery.wrong[path]).removeprefix(f"{shown(path)} cannot be read: ")
    return f"{below(gallery.folder, path)}: {reason}"


def _not_read(gallery: Gallery) -> Iterator[Finding]:
    """Images of suffixes that no reader has. It is a warning if they are more than the others."""
    subsets = gallery.contents.subsets
    missed = [
        Survey([], {suffix: n for suffix, n in subset.left_out.items() if suffix in PICTURES})
        for subset in subsets
    ]
    count = sum(sum(each.left_out.values()) for each in missed)
    if count:
        level: Level = (
            "warning" if count > sum(len(subset.images) for subset in subsets) else "note"
        )
        text = f"files that may be images are not read: {format_left_out(missed)}"
        yield Finding("not_read", level, text, advice=_reading_advice(missed))


def _reading_advice(missed: list[Survey]) -> str:
    convert = "convert them, to .png or .tiff for instance, to train on them"
    if {*READERS}.isdisjoint(suffix for each in missed for suffix in each.left_out):
        return convert
    return f"{', '.join(READERS)} are read by ganzoo-readers: {how_to_install(PACKAGE)}; {convert}"


def _constant(gallery: Gallery) -> Iterator[Finding]:
    """Images of nearly one value. On what scale: that which all images of their subset use."""
    constant: list[Path] = []
    for subset in gallery.contents.subsets:
        of_subset = gallery.facts[subset.name]
        share = used_share(of_subset)
        constant += [facts.path for facts in of_subset if is_constant(facts, share)]
    if constant:
        text = f"{images(len(constant))} nearly one value everywhere"
        advice = "remove them, unless empty images belong to the set"
        yield about("constant", "note", text, gallery.folder, constant, advice)


def used_share(facts: list[ImageFacts]) -> float:
    """How much of their scale these images use together; 1 where it is not known."""
    scales = {each.scale for each in facts}
    scale = next(iter(scales)) if len(scales) == 1 else None
    if scale is None:
        return 1.0
    used = max(each.high for each in facts) - min(each.low for each in facts)
    return min(1.0, used / (scale[1] - scale[0]))


def is_constant(facts: ImageFacts, share: float) -> bool:
    """Whether an image, or one of two side by side, shows next to nothing."""
    least = min(glance.spread for glance in facts.glances)
    return facts.low == facts.high or least < LEAST_SPREAD * share


def _turned(gallery: Gallery) -> Iterator[Finding]:
    turned = [facts.path for _, facts in gallery.everything() if facts.turned]
    if turned:
        text = f"{images(len(turned))} an EXIF orientation; they are read upright"
        advice = "nothing here; other programs may show them lying"
        yield about("turned", "note", text, gallery.folder, turned, advice)


def _several_pages(gallery: Gallery) -> Iterator[Finding]:
    several = [facts for _, facts in gallery.everything() if facts.pages > 1]
    if several:
        left = sum(facts.pages - 1 for facts in several)
        are = "1 other is" if left == 1 else f"{left} others are"
        text = f"{images(len(several))} more than one page or frame: the first is read, {are} not"
        paths = [facts.path for facts in several]
        advice = "to use all as images of their own: --set data.pages=each"
        yield about("pages", "note", text, gallery.folder, paths, advice)


def _ignored(gallery: Gallery) -> Iterator[Finding]:
    """What of their headers is ignored, such as broken colour profiles."""
    everything = [facts for _, facts in gallery.everything()]
    for what in dict.fromkeys(what for facts in everything for what in facts.left_out):
        paths = [facts.path for facts in everything if what in facts.left_out]
        yield about("ignored", "note", f"{images(len(paths))} {what}", gallery.folder, paths)
