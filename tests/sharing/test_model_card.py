"""A card says what the run's files say, and no text of a stranger's run becomes markup."""

from __future__ import annotations

import hashlib
import json

import pytest
from markdown_it import MarkdownIt
from PIL import Image
from tomli_w import dumps as write

from ganzoo import load_recipe
from ganzoo.errors import ModelError, RunError
from ganzoo.sharing.card_text import code, escaped
from ganzoo.sharing.model_card import Statements, write_card

ROWS = {"model": {"iou": 0.61234, "images": 143}, "copy the input": {"iou": 0.25, "images": 143}}
ENDS = {"model": {"iou": [0.6, 0.625]}}
START = {
    "started": "2026-11-29T02:00:00+00:00",
    "ended": "2026-11-29T02:06:00+00:00",
    "command": "ganzoo run cyclegan --out 'my a' --set 'train.length=9 steps' --stop-after=60s",
    "ganzoo": "0.2.0",
    "torch": "2.14.1",
    "devices": ["a chip"],
    "packages": {"ganzoo-core": "0.2.0"},
    "splits": {"share": 0.3, "validation": {"items": {"x": 57}}, "test": {"items": {"x": 143}}},
}


def evaluation(step, split, iou):
    rows = {**ROWS, "model": {"iou": iou, "images": 143}}
    observed = {"labels": {split: {"x": 143, "y": 143}}}
    tables = {"scores": {"labels": rows}, "intervals": {"labels": ENDS}, "observed": observed}
    return json.dumps({"step": step, "split": split, **tables})


@pytest.fixture
def run(tmp_path, recipes):
    """A finished run of 9 steps, whose best model is of step 5; weights are any bytes."""
    folder = tmp_path / "run"
    (folder / "samples").mkdir(parents=True)
    tables = load_recipe(recipes / "cyclegan.toml").to_dict()
    (folder / "recipe.toml").write_text(write(tables))
    record = {"state": "finished", "step": 9, "steps": 9, "starts": [START]}
    (folder / "run.json").write_text(json.dumps(record))
    lines = [evaluation(5, "validation", 0.7), evaluation(5, "test", 0.65)]
    lines += [evaluation(9, "validation", 0.55), evaluation(9, "test", 0.61234)]
    (folder / "evaluations.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "best.json").write_text('{"step": 5, "metric": "labels"}')
    (folder / "model.safetensors").write_bytes(b"last")
    (folder / "best.safetensors").write_bytes(b"best!")
    for step, size in ((5, (20, 10)), (9, (1300, 650))):
        Image.new("RGB", size).save(folder / "samples" / f"step-{step:08d}.png")
    return folder


def test_what_the_run_says(run, tmp_path):
    made = tmp_path / "card"
    write_card(run, made, Statements("streets/one", "streets/one", "apache-2.0", "Drawn."))
    card, text = json.loads((made / "card.json").read_text()), (made / "card.md").read_text()
    assert card["command"] == "ganzoo run cyclegan --set 'train.length=9 steps'"
    assert (card["step"], card["seconds"]) == (9, 360.0)
    assert card["sha256"] == hashlib.sha256(b"last").hexdigest()
    assert card["bytes"] == 4
    assert card["scores"]["labels"]["model"]["iou"] == 0.61234
    assert "| model | 0.6123 [0.6, 0.625] | 143 |" in text
    assert "| copy the input | 0.25 | 143 |" in text
    assert "143 test samples of x and y; in brackets" in text
    assert "30 ‖F(G(x)) - x‖₁" in text
    assert 'load_model("streets/one")' in text
    assert Image.open(made / "samples.png").size == (640, 320)
    header = text.split("---")[1]
    assert 'license: "apache-2.0"\nlibrary_name: ganzoo\npipeline_tag: image-to-image' in header


def test_what_to_install_is_said_unless_it_is_ganzoo_itself(run, tmp_path):
    def use(packages):
        record = {"state": "finished", "step": 9, "steps": 9, "starts": [START | packages]}
        (run / "run.json").write_text(json.dumps(record))
        write_card(run, tmp_path / "card")
        text = (tmp_path / "card" / "card.md").read_text()
        return text.partition("## Use")[2].partition("## What")[0]

    assert "needs" not in use({})
    told = use(
        {"packages": {"ganzoo-core": "1", "ganzoo-cut": "2", "theirs": "3", "ganzoo-;reboot": "4"}}
    )
    assert "Its recipe needs ganzoo-cut: pip install ./plugins/ganzoo-cut in a clone" in told
    assert "Its recipe needs theirs: pip install theirs, if you trust those who" in told
    assert "reboot" not in told


def test_the_best_model_has_its_own_figures(run, tmp_path):
    card = write_card(run, tmp_path / "card", best=True)
    assert (card.step, card.file, card.bytes) == (5, "best.safetensors", 5)
    assert card.scores["labels"]["model"]["iou"] == 0.65
    assert Image.open(tmp_path / "card" / "samples.png").size == (20, 10)


def test_another_evaluation_is_of_the_same_step(run, tmp_path):
    given = tmp_path / "given.json"
    given.write_text(evaluation(9, "test", 0.5))
    card = write_card(run, tmp_path / "card", evaluation=given)
    assert card.scores["labels"]["model"]["iou"] == 0.5
    given.write_text(evaluation(8, "test", 0.5))
    with pytest.raises(ModelError, match="evaluates step 8, not 9"):
        write_card(run, tmp_path / "other", evaluation=given)
    with pytest.raises(RunError, match="no run"):
        write_card(tmp_path, tmp_path / "other")
    assert not (tmp_path / "other").exists()


HOSTILE = (
    "<script>alert(1)</script> [a](javascript:b) ![i](http://e/x.png) http://e.com www.e.com `x`",
    "# big\n---\nlicense: mit\n- list\n\n    code | cell",
    "\x1b]0;title\x07 \u202e &lt;b&gt; *a* _b_ ~~c~~ \\",
    "```\n<img src=x onerror=y>\n```",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_texts_are_no_markup(run, tmp_path, text):
    recipe = load_recipe(run / "recipe.toml").to_dict() | {"name": text, "summary": text}
    (run / "recipe.toml").write_text(write(recipe))
    start = START | {"command": f"ganzoo run {text} '", "devices": [text], "torch": text}
    record = {"state": "finished", "step": 9, "steps": 9, "starts": [start]}
    (run / "run.json").write_text(json.dumps(record))
    line = {"step": 9, "split": "test", "scores": {text: {text: {text: 1.5}}}}
    (run / "evaluations.jsonl").write_text(json.dumps(line) + "\n")
    write_card(run, tmp_path / "card", Statements(text, text, text, text))
    _, header, body = (tmp_path / "card" / "card.md").read_text().split("---\n", 2)
    assert header.count("\n") == 4
    assert "\x1b" not in body
    assert "\u202e" not in body
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
    inner = [child for token in tokens for child in token.children or ()]
    kinds = [token.type for token in (*tokens, *inner)]
    assert kinds.count("image") == 1  # the card's own
    assert not {"html_block", "html_inline", "link_open", "em_open", "s_open"} & {*kinds}
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h1", *["h2"] * 5]
    assert kinds.count("code_block") == 0
    assert kinds.count("fence") == 3
    assert kinds.count("tr_open") == 2


@pytest.mark.parametrize("text", [*HOSTILE, "1. one", "2) two", "+ plus", "=", "a\\"])
def test_a_text_is_shown_as_it_is(text):
    rendered = MarkdownIt("commonmark").parse(escaped(text))
    assert [token.type for token in rendered] == ["paragraph_open", "inline", "paragraph_close"]
    shown = "".join(child.content for child in rendered[1].children)
    plain = MarkdownIt("commonmark").parseInline(code(text))[0].children
    assert [child.type for child in plain] == ["code_inline"]
    assert shown.replace(" ", "") == plain[0].content.replace(" ", "")
