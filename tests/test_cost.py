"""docs/cost.md holds what docs/compute_cost.py computes, and that starts from the true networks."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ganzoo import build_recipe

ROOT = Path(__file__).parent.parent
COST = runpy.run_path(str(ROOT / "docs" / "compute_cost.py"))
PAGE = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")


def table(name):
    rows = re.search(rf"<!-- {name} -->\n\|.*\n\|[-|]*\n((?:\|.*\n)+)", PAGE).group(1)
    return {cells[0]: cells[1:] for cells in (row[2:-2].split(" | ") for row in rows.splitlines())}


def test_the_page_is_what_is_computed():
    assert COST["fill"](PAGE) == PAGE, "compute it again: python docs/compute_cost.py"


def test_the_networks_are_those_of_the_recipe(tmp_path):
    with torch.device("meta"):
        recipe = build_recipe("cyclegan_paper", {"data": {"type": "streets", "size": 256}})
        for name, (flops, _), count in (
            ("G", COST["count_generator"](), COST["GENERATOR"]),
            ("D_X", COST["count_discriminator"](), COST["DISCRIMINATOR"]),
        ):
            network = recipe.networks[name].to("meta")
            assert sum(weights.numel() for weights in network.parameters()) == count
            with FlopCounterMode(display=False) as counter:
                network(torch.empty(1, 3, 256, 256))
            # ganzoo's last layer of a generator has slightly more multiplications.
            assert counter.get_total_flops() == pytest.approx(flops, rel=0.005)


def test_a_step_of_the_reference_and_its_gradients():
    """1879 GFLOP were counted in the reference's step; 113 MB of float32, and a ring of two."""
    assert COST["count_step"](identity=True) / 1e9 == pytest.approx(1879.2, abs=0.1)
    assert COST["exchange_seconds"](2, 1.0) == pytest.approx(0.11314, abs=1e-5)


def test_rows_follow_from_the_stated_inputs_by_hand():
    # 1879.2 GFLOP at 20 % of 156 TFLOP/s: 60.2 ms; 266,800 of them are 4.46 hours, 1.8 kWh.
    tf32 = ["156", "30, 60, 120", "2.2, 4.5, 8.9", "0.9, 1.8, 3.6"]
    assert table("one")["A100 SXM, TF32"] == tf32
    # The same with 7/8 of 226.3 MB at 300 GB/s, 0.66 ms, and 3/4 of them at 12.5, 13.58 ms.
    hundred = ["8,338", "14.2", "0.17", "5.5", "859", "1.3"]
    assert table("several")["4 nodes of 8, 100 Gb/s"] == hundred
    # 3.52 = 0.5 + 0.4526 + 2.5674, of which the last is taken 16 times.
    assert table("memory")["float32"] == ["3.5", "11.2", "42.0"]
    assert table("cores")["the authors' code"] == ["5.63", "17.4"]


def test_images_a_second_are_those_of_the_first_record():
    """A turn loads each image of both domains."""
    lines = (ROOT / "benchmarks" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    first = next(each for each in map(json.loads, lines) if each["command"] == "data")
    images = 2 * first["settings"]["images"]
    cold, warm = (images / first["rows"][name]["seconds"] for name in ("cold", "warm"))
    assert round(cold) == COST["COLD_IMAGES"]
    assert f"at {round(cold)} a second on one of our cores, and at {round(warm):,} from" in PAGE
