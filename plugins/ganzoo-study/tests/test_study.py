"""The study without its page: scores, folders, what a participant is shown, reports."""

from __future__ import annotations

import csv
import json
import math
import random
import statistics
import xml.etree.ElementTree as ET
from itertools import chain

import numpy as np
import pytest
from ganzoo.builder import build_recipe
from ganzoo.builder.packaging import write_model
from ganzoo.cli import app
from ganzoo.evaluation.data_split import find_item
from ganzoo.evaluation.splits import deal
from PIL import Image
from typer.testing import CliRunner

from ganzoo_study.creating import Options, create_study
from ganzoo_study.plan import plan_trials
from ganzoo_study.records import Answer
from ganzoo_study.scoring import score
from ganzoo_study.store import SHOWINGS, Refused, Store
from ganzoo_study.study_file import Picture, StudyImages, read_study

SHORT = Options(trials=4, practice=2)
SVG = "{http://www.w3.org/2000/svg}"


def study(*words):
    done = CliRunner().invoke(app, ["study", *map(str, words)])
    return done.exit_code, done.output


@pytest.fixture
def images(tmp_path):
    """`images(name, count)` is a folder of noise, each image another."""

    def make(name, count=8, size=(20, 16), suffix="png", **how):
        (tmp_path / name).mkdir()
        chance = np.random.default_rng(len(name) + count)
        for number in range(count):
            pixels = chance.integers(0, 256, (*size, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{name}-{number}.{suffix}", **how)
        return tmp_path / name

    return make


# ---- The score


def two_levels(rows, draws, chance):
    """The bootstrap as the paper tells it, in plain loops."""
    shares = []
    for _ in range(draws):
        people = [rows[chance.randrange(len(rows))] for _ in rows]
        answers = [row[chance.randrange(len(row))] for row in people for _ in row]
        shares.append(sum(answers) / len(answers))
    return shares


def simulated(chances, trials, seed):
    chance = random.Random(seed)
    return [[chance.random() < p for _ in range(trials)] for p in chances]


@pytest.mark.parametrize("lengths", [[12] * 6, [12, 3, 7, 12, 1, 9]])
def test_the_deviation_is_that_of_drawing_participants_then_trials(lengths):
    rows = simulated([0.1, 0.2, 0.5, 0.9, 0.3, 0.4], 12, seed=4)
    rows = [row[:length] for row, length in zip(rows, lengths, strict=True)]
    found = score(rows)
    slow = two_levels(rows, 4000, random.Random(1))
    assert found.share == sum(map(sum, rows)) / sum(map(len, rows))
    assert found.deviation == pytest.approx(statistics.pstdev(slow), rel=0.05)
    low, high = statistics.quantiles(slow, n=40)[0], statistics.quantiles(slow, n=40)[-1]
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.02)
    assert (found.participants, found.trials) == (6, sum(lengths))


def test_the_deviation_has_a_closed_form_where_all_answered_alike_many():
    """Var = (Var_i p_i + E_i p_i (1 - p_i) / trials) / participants."""
    rows = simulated([0.05, 0.2, 0.3, 0.3, 0.6], 40, seed=2)
    shares = [statistics.fmean(row) for row in rows]
    within = statistics.fmean(p * (1 - p) / 40 for p in shares)
    exact = math.sqrt((statistics.pvariance(shares) + within) / len(rows))
    assert score(rows).deviation == pytest.approx(exact, rel=0.03)


def test_who_guesses_has_one_half_in_the_interval():
    """Of a hundred studies about ninety-five; the second level makes them a little wider."""
    found = [score(simulated([0.5] * 25, 40, seed), draws=500) for seed in range(100)]
    assert 90 <= sum(s.low <= 0.5 <= s.high for s in found) <= 100
    assert statistics.fmean(s.deviation for s in found) == pytest.approx(
        math.sqrt(2 * 0.25 / 1000), rel=0.1
    )


def test_certainty_and_nobody():
    assert score([[False] * 5] * 3).deviation == 0
    assert score([[True] * 5]).share == 1
    for nobody in ([], [[True], []]):
        with pytest.raises(ValueError, match="participants"):
            score(nobody)


# ---- Making a study


def test_both_classes_become_alike(tmp_path, images):
    """Another size, mode, format, orientation and metadata: nothing of that is left."""
    exif = Image.Exif()
    exif[0x010E] = "a real photo"
    real = images("real", size=(60, 90), suffix="jpg", exif=exif, dpi=(300, 300))
    fake = images("fake")
    Image.new("L", (16, 20), 7).save(fake / "gray.png", pnginfo=None)
    Image.new("RGBA", (16, 20), (1, 2, 3, 4)).save(fake / "clear.webp", lossless=True)
    made = create_study(tmp_path / "s", real, {"m": fake}, SHORT, print)
    files = sorted((tmp_path / "s" / "images").iterdir())
    assert len(files) == 8 + 10
    assert len({(f.stat().st_size, f.stat().st_mtime_ns) for f in files}) == 1
    assert {(i.size, i.mode, i.format, str(i.info)) for i in map(Image.open, files)} == {
        ((16, 20), "RGB", "PNG", "{}")
    }
    named = {p.file: p.origin for s in (made.real, made.methods["m"]) for p in s.images}
    assert set(named) == {file.name for file in files}
    assert not any(word in name for name in named for word in ("real", "fake"))
    same = next(name for name, origin in named.items() if origin == "fake-3.png")
    with Image.open(fake / "fake-3.png") as before, Image.open(files[0].parent / same) as after:
        assert (np.array(before) == np.array(after)).all(), "what fits is kept to the bit"


def test_a_size_and_jpeg_may_be_chosen(tmp_path, images):
    words = ("--trials", 4, "--practice", 2, "--size", "8x12", "--format", "jpeg")
    code, said = study(
        "create", tmp_path / "s", "--real", images("r"), "--fake", images("f"), *words
    )
    assert code == 0, said
    assert "s: 8 x 12 pixels; real 8, fake f 8 images" in said
    shown = [Image.open(file) for file in (tmp_path / "s" / "images").iterdir()]
    assert {(image.size, image.format) for image in shown} == {((12, 8), "JPEG")}


def test_a_run_gives_what_it_makes_and_what_is_real(tmp_path, tiny):
    """Outputs of test samples, which chose no model, and the images that they should look like."""
    experiment = build_recipe("cyclegan", tiny(data__held_out=12))
    write_model(experiment, tmp_path / "run" / "model.safetensors", 0)
    words = ("--real", tmp_path / "run", "--fake", tmp_path / "run", "--trials", 5)
    code, said = study("create", tmp_path / "s", *words, "--practice", 1, "--output", "x2y")
    assert code == 0, said
    experiment.data.prepare()
    tested = deal(experiment.data, 0.3).test
    count = tested.test_count()
    assert count < 12
    assert f"16 x 16 pixels; real {count}, fake run {count} images" in said
    made = read_study(tmp_path / "s")
    items = [find_item(tested, "x", index) for index in range(count)]
    assert [p.origin for p in made.methods["run"].images] == [f"held out {i}" for i in items]
    target = experiment.data.test_sample(items[2])["y"]
    wanted = ((target + 1) * 127.5).round().permute(1, 2, 0).numpy()
    with Image.open(tmp_path / "s" / "images" / made.real.images[2].file) as image:
        assert (np.array(image) == wanted).all()


def test_all_that_is_wrong_is_said_at_once(tmp_path, images):
    real, fake = images("real", 3), images("fake", 7)
    (tmp_path / "s").mkdir()
    code, said = study("create", tmp_path / "s", "--real", tmp_path / "a", "--fake", tmp_path / "b")
    assert code == 2
    assert [line.split(": ")[-1] for line in said.splitlines()] == [
        f"{tmp_path / 's'} already exists; name a new folder",
        "there is no such file or folder",
        "there is no such file or folder",
    ]
    for name in ("broken.png", "other.jpg"):
        (fake / name).write_text("no image")
    code, said = study("create", tmp_path / "t", "--real", real, "--fake", fake)
    assert (code, said.count("cannot be read")) == (2, 2)
    (fake / "broken.png").unlink()
    (fake / "other.jpg").write_bytes((fake / "fake-0.png").read_bytes())
    code, said = study("create", tmp_path / "t", "--real", real, "--fake", f"m={fake}")
    assert "--real: 3 different images, but 10 practice and 40 scored trials show 50" in said
    assert "--fake m: 7 different images" in said, "the copy counts once"
    assert "--repeats" in said
    assert not (tmp_path / "t").exists()
    assert not list(tmp_path.glob(".*")), "nothing half-made is left"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "8x"], "--size 8x: write a side as 256"),
        (["--fake", "m=f"], "--fake m=f: give each method a name of its own"),
        (["--limit", "9"], "--limit 9: the trials show 50 images"),
    ],
)
def test_mistakes_of_the_command_line(tmp_path, images, words, said):
    code, output = study(
        *("create", tmp_path / "s", "--real", images("r"), "--fake", f"m={images('f')}", *words)
    )
    assert code == 2
    assert said in output


def test_what_may_spoil_a_study_is_noted(tmp_path, images):
    small, fake = images("small", size=(10, 8)), images("fake")
    for number in range(2):
        (small / f"{number}.png").write_bytes((fake / f"fake-{number}.png").read_bytes())
    notes = []
    create_study(tmp_path / "s", small, {"m": fake}, SHORT, notes.append)
    assert notes[0].startswith("note: 8 of 10 images of --real are smaller than 20 x 16")
    assert notes[1] == "note: 2 images are in --real and in --fake m alike"


@pytest.mark.case("A11")
def test_pages_that_a_study_leaves_out_are_noted(tmp_path, images):
    pages = [Image.new("L", (16, 20), level) for level in (5, 6, 7)]
    fake = images("fake")
    pages[0].save(fake / "z.tif", save_all=True, append_images=pages[1:])
    notes = []
    create_study(tmp_path / "s", images("real"), {"m": fake}, SHORT, notes.append)
    (note,) = (note for note in notes if "alike" not in note)
    assert note.startswith("note: --fake m: z.tif has more than one page or frame")
    assert "2 are left out" in note


def test_what_is_no_study_is_refused(tmp_path, images):
    create_study(tmp_path / "s", images("r"), {"m": images("f")}, SHORT, print)
    file = tmp_path / "s" / "study.json"
    content = json.loads(file.read_text())
    content["real"]["images"][0]["file"] = "../../etc/passwd"
    file.write_text(json.dumps(content))
    for command in ("serve", "report"):
        code, said = study(command, tmp_path / "s")
        assert (code, "study.json is damaged (real.images.0.file" in said) == (2, True)
        assert "is no study" in study(command, tmp_path)[1]


# ---- What a participant is shown


def a_study(tmp_path, images, **how):
    made = create_study(
        tmp_path / "s", images("r"), {"m": images("f"), "n": images("g")}, SHORT, print
    )
    return made.model_copy(update=how)


def test_images_come_once_in_a_random_order(tmp_path, images):
    made = a_study(tmp_path, images)
    plans = [plan_trials(made, "m", random.Random(seed)) for seed in range(40)]
    for trials in plans:
        assert [t.practice for t in trials] == [True] * 2 + [False] * 4
        assert len({t.real for t in trials}) == len({t.fake for t in trials}) == 6
        assert {t.fake for t in trials} <= {p.file for p in made.methods["m"].images}
    assert len({plan[0].real for plan in plans}) == 8, "any image may be first"
    assert 90 < sum(t.fake_place == 1 for plan in plans for t in plan) < 150


def test_repeats_wait_until_all_were_shown(tmp_path, images):
    made = a_study(tmp_path, images, trials=30, repeats=True)
    shown = [t.real for t in plan_trials(made, "m", random.Random(0))]
    assert len(shown) == 32
    assert all(len(set(shown[start : start + 8])) == 8 for start in range(0, 32, 8))


def test_a_pair_is_never_of_one_origin(tmp_path, images):
    """As on the paper's maps: a real image and what was made of its input are kept apart."""
    pairs = [Picture(file=f"{i:032x}.png", origin=f"a/{i}.png") for i in range(6)]
    others = [p.model_copy(update={"origin": f"a/{i}.jpg"}) for i, p in enumerate(pairs)]
    made = a_study(tmp_path, images, real=StudyImages(source="", images=pairs))
    made = made.model_copy(update={"methods": {"m": StudyImages(source="", images=others)}})
    for seed in range(200):
        trials = plan_trials(made, "m", random.Random(seed))
        assert not [t for t in trials if t.real == t.fake]


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "responses.sqlite")
    yield opened
    opened.close()


def test_methods_are_dealt_out_evenly(tmp_path, images, store):
    made = a_study(tmp_path, images)
    for _ in range(7):
        store.join(["m", "n"], lambda method: plan_trials(made, method, random.Random()))
    assert sorted(store.unfinished().values()) == [3, 4]


def test_a_trial_is_shown_so_often_and_answered_once(tmp_path, images, store):
    made = a_study(tmp_path, images)
    key = store.join(["m"], lambda method: plan_trials(made, method, random.Random(3)))
    person = store.participant(key)
    given = Answer(1, (1000.0, 1000.0), 16.7, 400.0)
    with pytest.raises(Refused):
        store.answer(person, 0, given)
    tickets = [store.show(person)[1] for _ in range(SHOWINGS)]
    assert store.show(person) == (0, None), "after that, the question alone"
    files = {store.image(person, ticket) for ticket in tickets[-1]}
    assert len(files) == 2
    assert None not in files
    assert store.image(person, tickets[0][0]) is None, "of an earlier showing"
    assert store.image(person + 1, tickets[-1][0]) is None
    first = store.answer(person, 0, given)
    (level,) = store._db.execute("PRAGMA synchronous").fetchone()
    assert level == 2, "full: on the disk before it is acknowledged"
    assert store.answer(person, 0, given._replace(choice=2)) == first
    assert store.image(person, tickets[-1][0]) is None
    (response,) = store.responses()
    assert (response.choice, response.showings, response.first_ms) == (1, SHOWINGS, 1000.0)
    with pytest.raises(Refused):
        store.answer(person, 1, given)
    assert store.participant("another") is None


# ---- The report


def take_part(store, made, method, chance, fooled=0.3, trials=None):
    """A simulated participant, who takes a fake for real with that probability."""
    key = store.join([method], lambda m: plan_trials(made, m, chance))
    person = store.participant(key)
    places = dict(
        store._db.execute(
            "SELECT number, fake_place FROM trials WHERE participant = ?", [person]
        ).fetchall()
    )
    for number in range(trials or made.all_trials):
        store.show(person)
        fake = places[number]
        choice = 3 - fake if chance.random() < fooled else fake
        store.answer(person, number, Answer(choice, (999.9, 1000.1), 16.7, 300.0))


def test_the_report_equals_a_count_of_its_csv(tmp_path, images):
    made = a_study(tmp_path, images)
    assert "nobody has taken part yet" in study("report", tmp_path / "s")[1]
    store, chance = Store(tmp_path / "s" / "responses.sqlite"), random.Random(5)
    for method, fooled, people in (("m", 0.2, 7), ("n", 0.5, 5)):
        for _ in range(people):
            take_part(store, made, method, chance, fooled)
    take_part(store, made, "n", chance, 1.0, trials=5)
    store.close()
    code, said = study("report", tmp_path / "s")
    assert code == 0, said
    with (tmp_path / "s" / "report" / "responses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 * 6 + 5
    table = (tmp_path / "s" / "report" / "report.md").read_text()
    for method, people in (("m", 7), ("n", 5)):
        answers = {}
        for row in rows:
            if (row["method"], row["practice"], row["finished"]) == (method, "0", "1"):
                passed = row["choice"] != row["fake_place"]
                assert row["taken_for_real"] == str(int(passed))
                answers.setdefault(row["participant"], []).append(passed)
        share = 100 * statistics.fmean(chain.from_iterable(answers.values()))
        slow = two_levels(list(answers.values()), 3000, random.Random(0))
        line = next(line for line in table.splitlines() if line.startswith(f"| {method} |"))
        _, _, figure, counted, trials, _ = line.split("|")
        found, deviation = map(float, figure.split("±"))
        assert (found, int(counted), int(trials)) == (round(share, 1), people, 4 * people)
        assert deviation == pytest.approx(100 * statistics.pstdev(slow), rel=0.06)
        assert f"{figure.strip()}" in said
    assert "1 participant has not finished: left out" in said
    assert "median 1000 ms; 0 of 96 off by more than 2 frames" in said
    assert "Fewer than 25 participants: m, n." in said
    check_bars(tmp_path / "s" / "report" / "scores.svg", table)
    assert rows[0]["real"].startswith("r-")
    everybody = study("report", tmp_path / "s", "--unfinished", "--out", tmp_path / "all")[1]
    assert " 6             23" in everybody


def check_bars(file, table):
    """Each bar is as long as the table says, on the scale of the ticks."""
    (plot,) = ET.parse(file).getroot().iter(f"{SVG}g")
    texts = [text for text in plot.findall(f"{SVG}text") if text.text.isdigit()]
    ticks = {int(text.text): float(text.get("x")) for text in texts}
    bars = [float(bar.get("width")) for bar in plot.findall(f"{SVG}rect[@class='bar s0']")]
    shares = [
        float(line.split("|")[2].split("±")[0])
        for line in table.splitlines()
        if line.startswith(("| m |", "| n |"))
    ]
    assert len(bars) == len(shares) == 2
    assert ticks[0] == 0
    for bar, share in zip(bars, shares, strict=True):
        assert bar == pytest.approx(share * ticks[60] / 60, abs=0.6)
    guessing = plot.findall(f"{SVG}path")[-1].get("d")
    assert float(guessing[1:].partition(",")[0]) == pytest.approx(ticks[60] * 50 / 60, abs=0.1)


def test_a_study_needs_somebody_who_finished(tmp_path, images):
    made = a_study(tmp_path, images)
    store = Store(tmp_path / "s" / "responses.sqlite")
    take_part(store, made, "m", random.Random(0), trials=4)
    store.close()
    assert "1 participant has begun and nobody finished" in study("report", tmp_path / "s")[1]
    (tmp_path / "s" / "responses.sqlite").write_text("no database" * 100)
    assert "cannot be used" in study("report", tmp_path / "s")[1]


def test_options_are_those_of_the_paper():
    paper = Options(trials=40, practice=10, exposure_ms=1000)
    assert Options() == paper
