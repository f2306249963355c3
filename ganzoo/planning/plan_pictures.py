"""Some images of each domain, small, as they stand in the page of a plan."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from ganzoo.components.data.image_listing import list_images
from ganzoo.errors import DataError
from ganzoo.inspection.contact_sheet import fit_square, pick_evenly
from ganzoo.inspection.image_facts import read_small
from ganzoo.interfaces.data_fingerprint import DomainFacts
from ganzoo.report.html import Html, el

SHOWN = 8
QUALITY = 80


def show_images(domain: DomainFacts) -> Html:
    """Images of a domain, evenly picked; those that cannot be read are left out."""
    try:
        paths = pick_evenly(list_images(Path(domain.folder)), SHOWN)
    except DataError:
        paths = []
    return el("div", *_pictures(paths), class_="pictures")


def _pictures(paths: list[Path]) -> Iterator[Html]:
    for path in paths:
        try:
            picture = Image.fromarray(read_small(path))
        except DataError:
            continue
        yield _embed(fit_square(picture), path.name)


def _embed(picture: Image.Image, name: str) -> Html:
    out = io.BytesIO()
    picture.save(out, format="JPEG", quality=QUALITY)
    text = base64.b64encode(out.getvalue()).decode()
    source = f"data:image/jpeg;base64,{text}"
    return el("img", src=source, alt=name, title=name, width=picture.width, height=picture.height)
