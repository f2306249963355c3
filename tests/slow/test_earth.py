"""Real images: satellite photos become relief maps of the right place, within a quarter hour."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


def test_photos_become_maps(slow_run, slow_report):
    pytest.importorskip("ganzoo_earth", reason="pip install ./plugins/ganzoo-earth")
    run = slow_run("earth.cyclegan")
    scores = {name: values["psnr"] for name, values in run.scores["maps"].items()}
    lines = ["`earth.cyclegan`, photo -> relief map, mean PSNR on held-out regions."]
    lines += [f"{run.seconds / 60:.1f} minutes in all.", "", "| | dB |", "|---|---|"]
    slow_report("Earth", [*lines, *(f"| {name} | {value:.2f} |" for name, value in scores.items())])
    assert scores["model"] >= 20
    assert scores["model"] > max(value for name, value in scores.items() if name != "model")
    assert run.seconds <= 900
