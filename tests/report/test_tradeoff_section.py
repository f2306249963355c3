"""Realism against faithfulness in a run's report, from whatever its folder holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ganzoo.report.facts import bare_facts
from ganzoo.report.report_page import report
from ganzoo.report.run_files import read_run

KID = {"metric": "kid", "score": "kid_a", "higher_is_better": False}
LAYOUT = {"metric": "layout", "score": "structure_a", "higher_is_better": False}
TRADEOFF = {"output": "x2y", "realism": KID, "faithfulness": LAYOUT}
SHARE = {"value": 0.97, "low": 0.94, "high": 0.99, "samples": 200}


def evaluation(step: int, kid: Any, layout: Any, **more: Any) -> dict[str, Any]:
    scores = {
        "kid": {"model": {"kid_a": kid, "images": 9}, "copy the input": {"kid_a": 0.4}},
        "layout": {"model": {"structure_a": layout}, "copy the input": {"structure_a": 0.0}},
    }
    intervals = {"kid": {"model": {"kid_a": [0.1, 0.3]}}}
    return {"step": step, "split": "test", "scores": scores, "intervals": intervals, **more}


def page_of(folder: Path, *entries: Any, best: int = 0) -> str:
    (folder / "recipe.toml").write_text('name = "mine"\n')
    (folder / "evaluations.jsonl").write_text("".join(f"{json.dumps(e)}\n" for e in entries))
    if best:
        chosen = {"step": best, "metric": "kid", "figure": "kid_a", "value": 0.1}
        (folder / "best.json").write_text(json.dumps(chosen))
    return report(read_run(folder), bare_facts({}))


def test_the_last_and_the_best_model_and_the_baselines_are_drawn(tmp_path: Path) -> None:
    first = evaluation(10, 0.1, 0.3)
    last = evaluation(20, 0.2, 0.05, tradeoffs=[TRADEOFF], shares={"layout": SHARE})
    page = page_of(tmp_path, first, last, best=10)
    assert "1 step 20: realism 0.2 [0.1, 0.3], faithfulness 0.05" in page
    assert "2 best, step 10: realism 0.1 [0.1, 0.3], faithfulness 0.3" in page
    assert "3 copy the input: realism 0.4, faithfulness 0" in page
    assert "x2y: best, step 10 is most like real images" in page
    plain = re.sub(r"\s+", " ", page)
    assert (
        "By layout, an output fits its own sample better than the output of another sample does in "
        "97 % [94, 99] of 200 samples (by chance: 50 %)."
    ) in plain


def test_a_run_without_both_has_no_such_section(tmp_path: Path) -> None:
    assert 'id="tradeoff"' not in page_of(tmp_path, evaluation(10, 0.1, 0.3))


@pytest.mark.parametrize(
    "more",
    [
        {"tradeoffs": 3, "shares": [1]},
        {"tradeoffs": [None, {"output": []}, {**TRADEOFF, "realism": {**KID, "metric": 5}}]},
        {"tradeoffs": [{**TRADEOFF, "realism": {**KID, "score": "none"}}]},
        {"tradeoffs": [TRADEOFF], "scores": {"kid": {"model": 4}, "layout": [2]}},
        {"tradeoffs": [TRADEOFF], "scores": {"kid": {"model": {"kid_a": "x"}}}},
        {"shares": {"layout": {"value": None}, "kid": 4}},
    ],
)
def test_what_is_damaged_is_left_out(tmp_path: Path, more: dict[str, Any]) -> None:
    page = page_of(tmp_path, {**evaluation(10, 0.1, 0.3), **more})
    assert 'id="tradeoff"' not in page
    assert "Realism against faithfulness</h2><p>Cannot be shown" not in page


def test_intervals_and_texts_of_strangers_do_no_harm(tmp_path: Path) -> None:
    odd = {"kid": {"model": {"kid_a": ["a", 1]}}, "layout": {"model": {"structure_a": {}}}}
    named = {**TRADEOFF, "output": "<script>x"}
    entry = evaluation(10, 0.1, 0.3, tradeoffs=[named])
    page = page_of(tmp_path, {**entry, "intervals": odd})
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert "1 step 10: realism 0.1, faithfulness 0.3" in page
