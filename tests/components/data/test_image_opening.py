"""Pictures in a stranger's run folder: one bounded way to open them, in the report and beyond."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PIL import EpsImagePlugin, Image

from ganzoo.components.data import image_opening
from ganzoo.components.data.image_opening import open_image
from ganzoo.components.data.picture_cache import PictureCache
from ganzoo.files.untrusted import UntrustedError
from ganzoo.report.embedded_images import affordable, encoded
from ganzoo.report.picture_sections import samples_section
from ganzoo.report.run_files import read_run

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.fixture
def ghost(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every time that Ghostscript would have been started."""
    started: list[object] = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *a, **k: started.append(a))
    return started


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "samples").mkdir()
    (tmp_path / "recipe.toml").write_text("")
    return tmp_path


@pytest.mark.case("E1")
def test_a_sample_that_is_eps_starts_nothing(run: Path, ghost: list[object]) -> None:
    (run / "samples" / "step-00000010.png").write_bytes(EPS)
    with Image.open(run / "samples" / "step-00000010.png") as image:  # as Pillow would guess
        assert image.format == "EPS"
    with pytest.raises(OSError, match="cannot identify"):
        encoded(run / "samples" / "step-00000010.png")
    with pytest.raises(ValueError, match="no grid in samples/ is a PNG"):
        samples_section(read_run(run))
    assert ghost == []


@pytest.mark.case("E1")
def test_other_samples_are_shown_beside_it(run: Path, ghost: list[object]) -> None:
    Image.new("RGB", (4, 4), "red").save(run / "samples" / "step-00000010.png")
    Image.new("RGB", (4, 4), "red").save(run / "samples" / "step-00000020.png", "JPEG")
    (run / "samples" / "step-00000030.png").write_bytes(EPS)
    grids = [(step, run / "samples" / f"step-{step:08d}.png") for step in (10, 20, 30)]
    assert affordable(grids) == grids[:1]
    section = str(samples_section(read_run(run)))
    assert section.count("<img") == 1
    assert ghost == []


@pytest.mark.case("E1")
def test_pixels_are_bounded_before_they_are_decoded(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run / "samples" / "step-00000010.png"
    Image.new("L", (8, 4)).save(path)
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 31)
    with pytest.raises(Image.DecompressionBombError):
        encoded(path)
    with pytest.raises(Image.DecompressionBombError), open_image(path):
        pass


@pytest.mark.case("E1")
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(UntrustedError, match="no regular file"), open_image(Path("/dev/null")):
        pass


@pytest.mark.case("E1")
def test_a_cached_picture_of_another_format_is_drawn_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ghost: list[object]
) -> None:
    import numpy as np

    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    drawn = np.full((2, 2, 4), 9, np.uint8)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "00000000.png").write_bytes(EPS)
    assert np.array_equal(PictureCache("a", (2, 2, 4), lambda _: drawn).get(0), drawn)
    assert ghost == []


@pytest.mark.case("E1")
def test_pillow_opens_files_in_one_place() -> None:
    """Image.open anywhere else would guess the format, and bound nothing."""
    root = Path(image_opening.__file__).parents[1]
    calls = [
        path.relative_to(root).as_posix()
        for path in [*root.rglob("*.py"), *(root.parent / "plugins").rglob("ganzoo_*/**/*.py")]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "open"
        and isinstance(node.value, ast.Name)
        and node.value.id in ("Image", "PIL")
    ]
    assert calls == ["data/image_opening.py"]
