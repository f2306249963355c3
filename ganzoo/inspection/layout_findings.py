"""Findings about how the folder is laid out: what a training would test on, and would not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ganzoo.components.data.image_listing import shown
from ganzoo.inspection.fact_reading import Gallery
from ganzoo.inspection.finding import Finding


def layout_findings(gallery: Gallery) -> Iterator[Finding]:
    """Folders that are not read, and the lack of test images."""
    contents = gallery.contents
    if contents.unread:
        names = ", ".join(f"'{shown(Path(name))}'" for name in contents.unread)
        text = f"there are images in {names} that a training on this folder does not read"
        yield Finding("unread", "note", text, advice="move or name them, if they should be used")
    if contents.need in ("domains", "pairs") and not any(p.held_out for p in contents.subsets):
        text = "no images are held out for testing: the first 8 training images will stand in"
        names = "test" if any(subset.halves for subset in contents.subsets) else "testA and testB"
        advice = (
            f"--set data.hold_out=0.1 holds one in ten out, or move some to {names}; else scores "
            "say nothing of new images"
        )
        yield Finding("no_test", "note", text, advice=advice)
