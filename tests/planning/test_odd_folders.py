"""Odd folders: each is planned, or refused in a sentence that a newcomer understands."""

from __future__ import annotations

import os
import struct
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.interfaces import StepCost
from ganzoo.planning import recipe_plan as planning
from ganzoo.recipe.places import look_up

Pixels = NDArray[Any]
COUNT = 24
SIZE = 24


def draw(number: int, kind: str = "photo", size: tuple[int, int] = (SIZE, SIZE)) -> Pixels:
    """Squares on a ground: a photo has noise, a painting other colours and no noise, labels three
    colours."""
    rng = np.random.default_rng(number)
    pixels = np.empty((*size, 3), np.int16)
    ground, square = {
        "photo": ((40, 90, 160), (220, 180, 60)),
        "painting": ((200, 60, 60), (20, 30, 20)),
        "labels": ((0, 0, 255), (255, 0, 0)),
    }[kind]
    pixels[:] = ground
    top, left = (int(rng.integers(0, max(1, side - 8))) for side in size)
    pixels[top : top + 8, left : left + 8] = square
    if kind == "labels":
        pixels[: size[0] // 4] = (0, 255, 0)
    else:
        shade = rng.normal(0, 25, 3) + np.linspace(0, 20, size[1])[:, None]
        pixels = pixels + shade.astype(np.int16)
    if kind == "photo":
        pixels = pixels + rng.normal(0, 14, pixels.shape).astype(np.int16)
    return pixels.clip(0, 255).astype(np.uint8)


def fill(
    folder: Path,
    kind: str = "photo",
    count: int = COUNT,
    first: int = 0,
    size: tuple[int, int] = (SIZE, SIZE),
    suffix: str = ".png",
) -> Path:
    """A folder of images; numbers that differ give different images."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        Image.fromarray(draw(number, kind, size)).save(folder / f"{number:04d}{suffix}")
    return folder


def two(root: Path) -> tuple[Path, Path]:
    """Two ordinary domains that are no pairs."""
    return fill(root / "photos"), fill(root / "paintings", "painting", first=500)


def header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    tail = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + tail


@dataclass
class Odd:
    """A case: how to make it, what the command is given, and what must come of it.

    make: makes the folders and returns the arguments.
    refused: words of the refusal, if it is one. said: words of a plan's page.
    values: of the planned recipe, by path.
    """

    make: Callable[[Path], list[str]]
    refused: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)


def words(*paths: Path) -> list[str]:
    return [str(path) for path in paths]


def single(root: Path) -> list[str]:
    return words(fill(root / "x", count=1), fill(root / "y", "painting", first=500))


def all_equal(root: Path) -> list[str]:
    x, y = two(root)
    for path in x.iterdir():
        Image.fromarray(draw(0)).save(path)
    return words(x, y)


def one_value(root: Path) -> list[str]:
    x, y = two(root)
    for path in x.iterdir():
        Image.new("RGB", (SIZE, SIZE), (7, 7, 7)).save(path)
    return words(x, y)


def gray(root: Path) -> list[str]:
    x, y = two(root)
    for path in (*x.iterdir(), *y.iterdir()):
        Image.open(path).convert("L").save(path)
    return words(x, y)


def gray_to_colour(root: Path) -> list[str]:
    x, y = two(root)
    for path in x.iterdir():
        Image.open(path).convert("L").save(path)
    return words(x, y)


def mixed_sizes(root: Path) -> list[str]:
    x, y = two(root)
    for number in range(8):
        size = (30 + 6 * number, 80 - 6 * number)
        Image.fromarray(draw(number, size=size)).save(x / f"{number:04d}.png")
    return words(x, y)


def strips(root: Path) -> list[str]:
    x, y = two(root)
    line = np.random.default_rng(0).integers(0, 256, (1, 5000, 3), np.uint8)
    Image.fromarray(line).save(x / "strip.png")
    return words(x, y)


def only_strips(root: Path) -> list[str]:
    x, y = root / "x", fill(root / "y", "painting", first=500)
    x.mkdir()
    for number in range(COUNT):
        line = np.random.default_rng(number).integers(0, 256, (1, 5000, 3), np.uint8)
        Image.fromarray(line).save(x / f"{number}.png")
    return words(x, y)


def pairs(root: Path) -> list[str]:
    return words(fill(root / "x"), fill(root / "y", "labels"))


def pairs_with_gaps(root: Path) -> list[str]:
    x, y = fill(root / "x"), fill(root / "y", "painting")
    (x / "0003.png").unlink()
    (y / "0007.png").unlink()
    return words(x, y)


def asked_pairs_with_gaps(root: Path) -> list[str]:
    return [*pairs_with_gaps(root), "--pairs"]


def labels(root: Path) -> list[str]:
    return words(fill(root / "photos"), fill(root / "labels", "labels", first=500))


def labels_first(root: Path) -> list[str]:
    return words(fill(root / "labels", "labels"), fill(root / "photos"))


def huge(root: Path) -> list[str]:
    x, y = two(root)
    Image.new("L", (10_000, 10_000), 200).save(x / "huge.png", compress_level=1)
    return words(x, y)


def bomb(root: Path) -> list[str]:
    x, y = two(root)
    (x / "bomb.png").write_bytes(header(400_000, 400_000))
    return words(x, y)


def broken(root: Path) -> list[str]:
    x, y = two(root)
    for number in range(4):
        (x / f"{number:04d}.png").write_bytes(b"not an image")
    return words(x, y)


def all_broken(root: Path) -> list[str]:
    x, y = two(root)
    for path in x.iterdir():
        path.write_bytes(b"not an image")
    return words(x, y)


def exchanged_tests(root: Path) -> list[str]:
    for name, kind, first in (
        *(("trainA", "photo", 0), ("trainB", "painting", 100)),
        *(("testA", "painting", 200), ("testB", "photo", 300)),
    ):
        fill(root / "d" / name, kind, first=first)
    return words(root / "d")


def empty(root: Path) -> list[str]:
    (root / "x").mkdir()
    return words(root / "x", fill(root / "y"))


def other_files(root: Path) -> list[str]:
    (root / "x").mkdir()
    (root / "x" / "drawing.psd").write_bytes(b"8BPS")
    return words(root / "x", fill(root / "y"))


def only_tests(root: Path) -> list[str]:
    fill(root / "d" / "testA")
    fill(root / "d" / "testB", "painting", first=500)
    return words(root / "d")


def one_domain(root: Path) -> list[str]:
    fill(root / "d" / "trainA")
    return words(root / "d")


def loose(root: Path) -> list[str]:
    return words(fill(root / "d"))


def three_domains(root: Path) -> list[str]:
    for number, name in enumerate(("cats", "dogs", "owls")):
        fill(root / "d" / name, first=100 * number)
    return words(root / "d")


def nested(root: Path) -> list[str]:
    x, y = two(root)
    fill(x / "more" / "and more", first=100)
    return words(x, y)


def stacks(root: Path) -> list[str]:
    x, y = root / "x", root / "y"
    for folder, kind, first in ((x, "photo", 0), (y, "painting", 500)):
        folder.mkdir()
        for number in range(COUNT):
            pages = [draw(first + 10 * number + page, kind)[..., 0] for page in range(3)]
            tifffile.imwrite(folder / f"{number}.tif", np.stack(pages), photometric="minisblack")
    return words(x, y)


def arrays(root: Path) -> list[str]:
    x, y = root / "x", fill(root / "y", "painting", first=500)
    x.mkdir()
    for number in range(COUNT):
        np.save(x / f"{number}.npy", draw(number))
    return words(x, y)


def opacity(root: Path) -> list[str]:
    x, y = two(root)
    for path in x.iterdir():
        picture = Image.open(path).convert("RGBA")
        picture.putalpha(Image.fromarray(draw(1)[..., 0]))
        picture.save(path)
    return words(x, y)


def deep(root: Path) -> list[str]:
    x, y = root / "x", root / "y"
    for folder, kind, first in ((x, "photo", 0), (y, "painting", 500)):
        folder.mkdir()
        for number in range(COUNT):
            values = draw(first + number, kind)[..., 0].astype(np.uint16) * 16 + number % 16
            Image.fromarray(values).save(folder / f"{number}.png")
    return words(x, y)


def names(root: Path) -> list[str]:
    x = fill(root / "x \x1b[31mred\n'\"$(touch gone)")
    y = fill(root / "y \u202eñ 猫", "painting", first=500)
    (x / "0001.png").rename(x / "\x1b[2J\r0001.png")
    (y / "0501.png").rename(y / "a b\n\t猫.png")
    return words(x, y)


def links(root: Path) -> list[str]:
    x, y = two(root)
    (x / "link.png").symlink_to(x / "0001.png")
    (x / "nowhere.png").symlink_to(x / "gone.png")
    (x / "round").symlink_to(x, target_is_directory=True)
    os.mkfifo(x / "pipe.png")
    return words(x, y)


def locked(root: Path) -> list[str]:
    x, y = two(root)
    (x / "0001.png").chmod(0)
    return words(x, y)


def locked_folder(root: Path) -> list[str]:
    x, y = two(root)
    x.chmod(0)
    return words(x, y)


def inside(root: Path) -> list[str]:
    y = fill(root / "y", "painting", first=500)
    return words(fill(y / "x"), y)


def same(root: Path) -> list[str]:
    return words(fill(root / "x"), root / "x")


def same_by_link(root: Path) -> list[str]:
    (root / "y").symlink_to(fill(root / "x"))
    return words(root / "x", root / "y")


def same_images(root: Path) -> list[str]:
    return words(fill(root / "x"), fill(root / "y"))


def no_folder(root: Path) -> list[str]:
    return words(fill(root / "x"), root / "z")


def a_file(root: Path) -> list[str]:
    return words(fill(root / "x"), root / "x" / "0001.png")


ODD = {
    "one image": Odd(single, refused=("'x'", "a single image", "by heart", "--anyway")),
    "all equal": Odd(all_equal, refused=("'photos'", "a single image, 24 times over")),
    "one value": Odd(one_value, refused=("every pixel of every image of x has the value 7",)),
    "gray": Odd(gray, values={"data.channels": 1}),
    "gray to colour": Odd(gray_to_colour, values={"data.channels": {"x": 1, "y": 3}}),
    "mixed sizes": Odd(mixed_sizes, said=("proportions of",)),
    "a strip among images": Odd(strips, said=("5,000 times as long as wide",)),
    "1 x 5000 px": Odd(only_strips, said=("5000 x 1 pixels",)),
    "pairs": Odd(pairs, values={"data.type": "paired_folders", "data.interpolation.y": "nearest"}),
    "pairs with gaps": Odd(
        pairs_with_gaps, said=("22 of 23 images", "--pairs"), values={"data.type": "folders"}
    ),
    "pairs with gaps, asked for": Odd(
        asked_pairs_with_gaps, refused=("--pairs", "0003.png", "no partner", "without --pairs")
    ),
    "label maps": Odd(labels, values={"data.interpolation": {"y": "nearest"}}),
    "labels to photos": Odd(labels_first, said=("paint photos from label maps", "--pairs")),
    "huge": Odd(huge, said=("1 of 25 files of x cannot be read",)),
    "a header that claims much": Odd(
        bomb, said=("1 of 25 files of x cannot be read",), values={"data.unreadable": "skip"}
    ),
    "some broken": Odd(
        broken, said=("4 of 24 files of x cannot be read",), values={"data.unreadable": "skip"}
    ),
    "all broken": Odd(all_broken, refused=("no image of x", "can be read", "0000.png")),
    "wrong way round": Odd(
        exchanged_tests, said=("the test folders look exchanged", "data.test_x = 'testB'")
    ),
    "empty": Odd(empty, refused=("x", "no images")),
    "no images": Odd(other_files, refused=("x", "no images", "1 .psd")),
    "only tests": Odd(only_tests, refused=("no images of x to train on", "only some to test")),
    "one domain": Odd(one_domain, refused=("two folders", "'trainA' (24 images)")),
    "loose images": Odd(loose, refused=("two folders", "24 images")),
    "three domains": Odd(three_domains, refused=("'cats'", "'dogs'", "'owls'", "ganzoo plan")),
    "folders in folders": Odd(nested, said=("48 images",)),
    "stacks": Odd(stacks, said=("files of x hold 3 pages", "data.pages = 'each'")),
    "arrays": Odd(arrays),
    "opacity": Odd(opacity, values={"data.channels": 3}),
    "16 bit": Odd(deep, said=("medical",), values={"data.range": [0, 4095]}),
    "odd names": Odd(names),
    "links and pipes": Odd(links, values={"data.unreadable": "skip"}),
    "x inside y": Odd(inside, refused=("lies in", "beside each other")),
    "the same folder": Odd(same, refused=("given", "x and", "y")),
    "the same folder by a link": Odd(same_by_link, refused=("given", "x and", "y")),
    "the same images": Odd(same_images, refused=("24 of 24 images lie in both x and y",)),
    "no folder": Odd(no_folder, refused=("z", "does not exist")),
    "a file": Odd(a_file, refused=("0001.png", "is a file, not a folder")),
}
UNREADABLE = {
    "no permission": Odd(locked, said=("1 of 24 files of x cannot be read",)),
    "a folder without permission": Odd(locked_folder, refused=("photos", "permission denied")),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_folder_is_planned_or_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(ODD[name], tmp_path, monkeypatch)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_may_not_be_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(UNREADABLE[name], tmp_path, monkeypatch)


def check(odd: Odd, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setattr(planning, "make_estimate", lambda: lambda recipe: StepCost(2**30, 0.5))
    done = CliRunner().invoke(app, ["plan", *odd.make(root), "--budget", "60s", "--out", "plan"])
    said = " ".join(done.output.split())
    assert not [sign for sign in done.output if not sign.isprintable() and sign != "\n"]
    assert "Traceback" not in said
    for word in (*odd.refused, *odd.said):
        assert word in said
    if odd.refused:
        assert done.exit_code not in (0, 1), said
        assert not (root / "plan").exists()
        return
    assert done.exit_code == 0, said
    recipe = tomllib.loads((root / "plan" / "recipe.toml").read_text(encoding="utf-8"))
    for path, value in odd.values.items():
        assert look_up(recipe, path) == value, path
    checked = CliRunner().invoke(app, ["check", "plan/recipe.toml"])
    assert checked.exit_code == 0, checked.output
