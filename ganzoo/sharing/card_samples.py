"""The picture on a card: a run's newest grid of samples, as a small PNG."""

from __future__ import annotations

import io

from ganzoo.report.run_files import RunFiles

SIDE = 640  # pixels of its longer side, at most


def small_samples(files: RunFiles, step: int | None) -> bytes:
    """The grid of a step, or the last before it, as a PNG; b"" where there is none to be read."""
    from PIL import Image

    from ganzoo.components.data.image_opening import BROKEN, UNOPENED, open_image

    for at, path in reversed(files.samples):
        if step is not None and at > step:
            continue
        try:
            with open_image(path, ["PNG"]) as picture:  # the format that ganzoo writes
                shown = picture.convert("RGB")
        except (*UNOPENED, Image.DecompressionBombError, *BROKEN):
            continue
        shown.thumbnail((SIDE, SIDE))
        out = io.BytesIO()
        shown.save(out, format="PNG", optimize=True)
        return out.getvalue()
    return b""
