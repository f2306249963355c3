"""`ganzoo benchmark`: what it refuses before anything is measured."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from ganzoo.cli import app

GOLDEN = Path(__file__).parent.parent / "data" / "resnet9_net_G_A.pth"


def test_images_are_a_folder(tmp_path):
    image = tmp_path / "a.png"
    image.write_bytes(b"")
    done = CliRunner().invoke(app, ["benchmark", str(GOLDEN), "--images", str(image)])
    assert done.exit_code == 2
    assert f"--images {image}: this is a file; name a folder of images" in done.output
