"""PNGs written quickly: the same pixels, in files of about the size of Pillow's default."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ganzoo.components.data.street_photo import street_scene
from ganzoo.components.data.street_scene import PALETTE
from ganzoo.components.writers.png_writer import encode_png, save_png


def pictures():
    photo, labels = street_scene(3, 100, 150)
    photo = Image.fromarray(photo[..., :3])
    return {
        "photo": photo,
        "smooth": photo.filter(ImageFilter.GaussianBlur(2)),
        "labels": Image.fromarray(np.asarray(PALETTE, np.uint8)[labels]),
        "gray": photo.convert("L"),
        "one pixel": Image.new("RGB", (1, 1), "teal"),
    }


@pytest.mark.parametrize("kind", pictures())
def test_the_pixels_are_the_picture_s(kind, tmp_path):
    picture = pictures()[kind]
    save_png(picture, tmp_path / "new" / "a.png")
    with Image.open(tmp_path / "new" / "a.png") as read:
        assert (read.format, read.mode) == ("PNG", picture.mode)
        assert np.array_equal(np.asarray(read), np.asarray(picture))
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("kind", "larger"), [("photo", 1.15), ("smooth", 1.15), ("gray", 1.15), ("labels", 1.5)]
)
def test_files_are_about_as_small_as_pillow_s(kind, larger):
    """Maps of few colours, whose files are small, may lose more."""
    picture = pictures()[kind]
    default = BytesIO()
    picture.save(default, "PNG")
    assert len(encode_png(picture)) < larger * len(default.getvalue())
