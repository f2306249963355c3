"""`ganzoo reproduce`: order, resuming, sharing of runs, what is not run, failures, the page."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.compare import train_systems
from ganzoo.components.data.image_files import save_image
from ganzoo.components.data.streets import Streets
from ganzoo.runs.system_processes import read_start_time

RECIPE = """
summary = "tiny"
[networks]
G = { type = "resnet", width = 4, blocks = 1 }
D = { type = "patchgan", width = 4, layers = 1 }
[losses]
game = { type = "lsgan", real = "D(y)", fake = "D(G(x))" }
[outputs]
x2y = "G(x)"
[data]
type = "streets"
size = 16
count = 8
held_out = 3
[optimizers]
default = { type = "adam" }
[train]
length = "4 steps"
log_every = "1 steps"
device = "cpu"
[checkpoints]
every = "1 steps"
[metrics]
labels = { type = "palette_score", prediction = "x2y", target = "y", source = "x" }
"""
OTHER = """
extends = "first.toml"
[losses]
game = { weight = 0 }
copy = { type = "l1", prediction = "G(x)", target = "x" }
"""
BUDGET = """
summary = "a blink"
data = "tiny streets"
[metrics.x2y]
labels = { type = "palette_score", prediction = "x2y", target = "y", source = "x" }
near = { type = "psnr", prediction = "x2y", target = "y" }
[metrics.y2x]
kid = { type = "kid", prediction = "y2x", target = "x" }
[selection.labels]
set = ["metrics.labels.every=2 steps", "checkpoints.best=labels.class_iou"]
[systems]
one = { recipe = "first.toml", selection = "labels" }
two = { recipe = "second.toml", selection = "labels", set = ["metrics.labels.every=1 steps"] }
[not_run]
three = "nobody has the time"
"""
TABLE = """
title = "Classification"
paper = "Somebody 2017, table 8"
data = "roads"
scores = ["labels.pixel_accuracy", "labels.class_iou"]
headings = ["accuracy", "IoU"]
output = "x2y"
[also]
near = "how near the truth it is, in dB"
[[rows]]
name = "First"
system = "one"
published = ["0.11", "0.22"]
[[rows]]
name = "Second"
system = "two"
[[rows]]
name = "Third"
system = "three"
published = ["0.55", "0.66"]
[baselines]
"copy the input" = ["0.77", "0.88"]
"""
PEOPLE = """
title = "Study"
paper = "Somebody 2017, table 9"
data = "maps"
scores = ["% labelled real"]
headings = ["% labelled real"]
not_run = "it needs people"
[[rows]]
name = "First"
published = ["26.8 ± 2.8"]
"""
SECOND_TABLE = """
title = "Ablation"
paper = "Somebody 2017, table 10"
data = "roads"
scores = ["labels.class_iou"]
headings = ["IoU"]
seeds = 2
[[rows]]
name = "Two, again"
system = "two"
published = ["0.44"]
"""
ASKED = ("reproduce", "eight.toml", "--budget", "blink.toml", "--out", "runs")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with two recipes, a budget and three tables."""
    monkeypatch.chdir(tmp_path)
    texts = {"first": RECIPE, "second": OTHER, "blink": BUDGET}
    texts |= {"eight": TABLE, "nine": PEOPLE, "ten": SECOND_TABLE}
    for name, text in texts.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


@pytest.fixture
def trained():
    """The folders that were trained, in their order."""
    return []


@pytest.fixture
def ganzoo(monkeypatch, trained):
    """Runs a command here, and the runs that it starts as well: (exit code, output, errors)."""

    def call(*words):
        done = CliRunner().invoke(app, [str(word) for word in words])
        return done.exit_code, done.stdout, done.stderr

    def here(command):
        words = command[3:]
        trained.append(words[words.index("--out") + 1] if "--out" in words else words[1])
        return CliRunner().invoke(app, words).exit_code

    monkeypatch.setattr(train_systems, "_wait", here)
    return call


def rows(page, table):
    """The cells of each row of a table's block, by the row's name; a name's first row counts."""
    block = page.partition(f": {table} -->")[2].partition("<!-- end of")[0]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in block.splitlines()]
    cells = {}
    for line in lines:
        if line:
            cells.setdefault(line[0], line[1:])
    return cells


def test_whole_seeds_first_and_a_system_of_two_tables_once(place, ganzoo, trained):
    code, said, complaint = ganzoo(*ASKED, "ten.toml", "--write", "page.md")
    assert code == 0, complaint
    assert trained == ["runs/first/seed-0", "runs/second/seed-0", "runs/second/seed-1"]
    assert "3 runs, 0 finished" in said
    assert "not run: nine" not in said
    assert "not run: eight: three: nobody has the time" in said
    page = (place / "page.md").read_text()
    assert rows(page, "ten")["Two, again"][0] == "0.44"
    assert rows(page, "eight")["Second"][-1] == "2"
    assert ganzoo(*ASKED, "ten.toml", "--seeds", "2")[0] == 0
    assert trained[3:] == ["runs/first/seed-1"]


def test_the_page_has_published_values_beside_measured_ones(place, ganzoo):
    code, _, complaint = ganzoo(*ASKED, "nine.toml", "--write", "docs/page.md")
    assert code == 0, complaint
    page = (place / "docs" / "page.md").read_text()
    eight = rows(page, "eight")
    scores = json.loads((place / "runs/first/seed-0/metrics.json").read_text())["labels"]["model"]
    assert eight["First"][0] == "0.11 / 0.22"
    assert eight["First"][1].startswith(f"{scores['pixel_accuracy']:.3f} [")
    assert eight["First"][2].startswith(f"{scores['class_iou']:.3f} [")
    assert eight["Second"][0] == "not known here"
    assert eight["Third"] == ["0.55 / 0.66", *["not run"] * 4, "–"]
    assert eight["*copy the input*"][0] == "0.77 / 0.88"
    assert rows(page, "nine")["First"] == ["26.8 ± 2.8", "not run"]
    assert "Not run: it needs people." in page
    assert (place / "docs/images/blink_eight.png").stat().st_size < 100_000
    assert "](images/blink_eight.png)" in page


def test_the_best_model_has_its_own_scores(place, ganzoo):
    assert ganzoo(*ASKED, "--write", "page.md")[0] == 0
    run = place / "runs/second/seed-0"
    step = json.loads((run / "best.json").read_text())["step"]
    lines = [json.loads(line) for line in (run / "evaluations.jsonl").read_text().splitlines()]
    tested = [line for line in lines if line["split"] == "test"]
    best = next(line for line in tested if line["step"] == step)["scores"]["labels"]["model"]
    cells = rows((place / "page.md").read_text(), "eight")["Second"]
    assert cells[4].startswith(f"{best['class_iou']:.3f} [")


def test_scores_without_a_published_counterpart_stand_beside(place, ganzoo):
    assert ganzoo(*ASKED, "--write", "page.md")[0] == 0
    beside = (place / "page.md").read_text().partition("`near` is how near the truth")[2]
    lines = [line for line in beside.splitlines() if line.startswith("| First |")]
    scores = json.loads((place / "runs/first/seed-0/comparison.json").read_text())
    psnr = scores["figures"]["scores"]["near"]["model"]["psnr"]
    assert lines[0].split("|")[2].startswith(f" {psnr:.{1 if abs(psnr) >= 10 else 3}f}")


def test_a_run_that_another_process_trains_is_passed_over(place, ganzoo, trained):
    assert ganzoo(*ASKED, "--write", "page.md")[0] == 0
    record = place / "runs/first/seed-0/run.json"
    content = json.loads(record.read_text())
    start = {"pid": os.getpid(), "host": socket.gethostname()}
    content["starts"][-1] |= {**start, "process_started": read_start_time(os.getpid())}
    record.write_text(json.dumps({**content, "state": "running"}))
    before = rows((place / "page.md").read_text(), "eight")
    code, said, _ = ganzoo(*ASKED, "--write", "page.md", "--seeds", "2")
    assert code == 0
    assert "runs/first/seed-0: another process trains it" in said
    assert trained[2:] == ["runs/first/seed-1", "runs/second/seed-1"]
    after = rows((place / "page.md").read_text(), "eight")
    assert (before["Second"][-1], after["Second"][-1]) == ("1", "2")


def test_what_was_interrupted_goes_on(place, ganzoo, trained, monkeypatch):
    words = ["run", "first.toml", "--out", "runs/first/seed-0", "--stop-after", "1s"]
    settings = ["metrics.labels.every=2 steps", "checkpoints.best=labels.class_iou"]
    words += [word for each in [*settings, "train.seed=0"] for word in ("--set", each)]
    length = ["--set", "train.length=100000 steps"]
    assert ganzoo(*words, *length)[0] in (0, 130)
    begun = (*ASKED, "ten.toml")
    monkeypatch.setattr(train_systems, "_wait", lambda command: trained.append(command[3:]) or 130)
    code, said, _ = ganzoo(*begun, *length)
    assert code == 130
    assert "Go on with the same command" in said
    assert trained == [["resume", "runs/first/seed-0"]]


def test_a_system_that_fails_does_not_stop_the_others(place, ganzoo, monkeypatch):
    here = train_systems._wait
    monkeypatch.setattr(
        train_systems, "_wait", lambda command: 1 if "first.toml" in command else here(command)
    )
    code, _, complaint = ganzoo(*ASKED, "--write", "page.md")
    assert code == 1
    assert "failed: runs/first/seed-0" in complaint
    cells = rows((place / "page.md").read_text(), "eight")
    assert cells["First"][1:] == [*["not run"] * 4, "–"]
    assert cells["Second"][-1] == "1"


def test_a_recipe_with_a_fault_is_named_and_the_others_are_trained(place, ganzoo, trained):
    (place / "first.toml").write_text(RECIPE.replace('type = "lsgan"', 'type = "lsgen"'))
    (place / "second.toml").write_text(RECIPE)
    code, _, complaint = ganzoo(*ASKED, "--write", "page.md")
    assert code == 1
    assert "failed: one" in complaint
    assert trained == ["runs/second/seed-0"]
    assert "lsgen" in (place / "page.md").read_text()


def test_a_rewritten_page_keeps_what_people_wrote(place, ganzoo, trained):
    page = place / "page.md"
    page.write_text("# Ours\n\nBefore.\n")
    assert ganzoo(*ASKED, "--write", "page.md", "--no-train")[0] == 0
    assert trained == []
    first = page.read_text()
    assert first.startswith("# Ours\n\nBefore.\n")
    assert rows(first, "eight")["First"][1] == "not run"
    page.write_text(first.replace("\n### Class", "\nOurs, too.\n\n### Class") + "\nAfter.\n")
    assert ganzoo(*ASKED, "--write", "page.md")[0] == 0
    second = page.read_text()
    for kept in ("# Ours\n\nBefore.", "Ours, too.\n\n### Classification", "\nAfter.\n"):
        assert kept in second
    assert second.count("<!-- ganzoo reproduce: blink: eight -->") == 1
    assert rows(second, "eight")["First"][1] != "not run"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("eight", 'scores = ["lab', 'skores = ["lab', "eight.toml: these entries are wrong"),
        ("eight", '["0.11", "0.22"]', '["0.11"]', "equally many"),
        ("blink", 'selection = "labels" }', 'selection = "lebals" }', "no selection 'lebals'"),
    ],
)
def test_files_with_faults_are_refused(place, ganzoo, file, old, new, said):
    path = place / f"{file}.toml"
    path.write_text(path.read_text().replace(old, new))
    code, _, complaint = ganzoo(*ASKED)
    assert code == 2
    assert said in complaint


def test_an_unknown_table_is_refused(ganzoo):
    code, _, complaint = ganzoo("reproduce", "tabel2")
    assert code == 2
    assert "there is no table 'tabel2'. Did you mean 'table2'?" in complaint


def test_systems_are_checked_at_their_true_size(place, ganzoo, trained):
    code, said, _ = ganzoo(*ASKED, "--check")
    assert (code, trained) == (0, [])
    assert "16 x 16 px" in said
    assert "2 systems can be trained, 0 cannot" in said


@pytest.fixture
def real_set(place):
    """Unpaired training on folders, as the papers' budget has it, with pairs for measuring."""
    data = Streets(size=16, count=6, held_out=3)
    data.prepare()
    for split, count in (("train", 6), ("test", 3)):
        for index in range(count):
            sample = data.paired_sample(index) if split == "train" else data.test_sample(index)
            for name, folder in (("x", "A"), ("y", "B")):
                save_image(sample[name], place / "roads" / f"{split}{folder}" / f"{index}.png")
    recipe = RECIPE.replace('"streets"', '"folders"\nroot = "roads"')
    recipe = recipe.replace("count = 8\nheld_out = 3\n", "").split("[metrics]")[0]
    (place / "first.toml").write_text(recipe)
    budget = BUDGET.replace(', selection = "labels"', "")
    budget = budget.replace(', set = ["metrics.labels.every=1 steps"]', "")
    measured = '[measured_on]\ntype = "paired_folders"\nlayout = "folders"\n'
    (place / "blink.toml").write_text(f"{budget}\n{measured}")
    return place / "roads"


def test_what_is_trained_without_pairs_is_measured_on_pairs(place, ganzoo, real_set):
    code, _, complaint = ganzoo(*ASKED, "--write", "page.md")
    assert code == 0, complaint
    cells = rows((place / "page.md").read_text(), "eight")
    assert 0 <= float(cells["First"][1].split()[0]) <= 1
    assert cells["First"][3] == "–"  # no best model was chosen


def test_images_that_are_missing_are_told_before_anything_is_trained(
    place, ganzoo, real_set, trained
):
    real_set.rename(place / "elsewhere")
    code, said, _ = ganzoo(*ASKED)
    assert (code, trained) == (1, [])
    assert "roads does not exist" in said
    assert ganzoo(*ASKED, "--check")[0] == 0


def test_listing_imports_no_torch():
    code = (
        "import sys; from typer.testing import CliRunner; from ganzoo.cli import app; "
        "done = CliRunner().invoke(app, ['reproduce', '--list']); "
        "assert 'table2' in done.stdout and done.exit_code == 0; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
