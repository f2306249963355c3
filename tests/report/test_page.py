"""report.html of a hand-made run: what is in it, and how it behaves in a browser."""

from __future__ import annotations

import io
import json
import re
import shutil

import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from ganzoo import build_recipe, load_recipe
from ganzoo.cli import app
from ganzoo.report.embedded_images import encoded
from ganzoo.report.facts import bare_facts, facts
from ganzoo.report.picture_sections import extreme_file
from ganzoo.report.report_page import report, write_report
from ganzoo.report.run_files import read_run
from ganzoo.training.report_writer import ReportWriter
from ganzoo.training.train import train

PLANTED = "<script>document.title = 'planted'</script>"
STEPS = (0, 500, 1000, 1500, 2000)
COLOURS = ("black", "red", "green", "blue", "orange")


def lines(*objects):
    return "".join(json.dumps(each) + "\n" for each in objects)


def record(step):
    wave = 0.5 + 0.1 * ((step // 20) % 3)
    losses = {
        "generators": {"adversarial": wave, "reconstruction": None if step == 1000 else 100 / step},
        "discriminators": {"adversarial": wave / 2},
    }
    return {"step": step, "images": 2 * step, "losses": losses, "time": 1000.0 + step / 10}


def evaluation(step):
    figures = {"accuracy": step / 2500, "error": 3.0 - step / 1000, "images": 200}
    spread = {"accuracy": [step / 2500 - 0.1, step / 2500 + 0.1]}
    scores = {"labels": {"model": figures, "mean layout": {"accuracy": 0.5, "error": 1.5}}}
    return {"step": step, "scores": scores, "intervals": {"labels": {"model": spread}}}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A run folder as of 2000 of 2500 steps, with everything in it that can be."""
    folder = tmp_path_factory.mktemp("runs") / "made"
    recipe = load_recipe("pix2pix", {"summary": f"paired {PLANTED}", "train.seed": 7})
    for name in ("samples", "cases"):
        (folder / name).mkdir(parents=True)
    (folder / "recipe.toml").write_text(recipe.to_toml())
    entry = {"started": "2026-11-22T10:00:00+00:00", "ended": "2026-11-22T11:01:40+00:00"}
    entry |= {"command": f"ganzoo run {PLANTED}", "device": "cpu", "devices": ["A CPU"]}
    entry |= {"ganzoo": "0.1.0", "torch": "2.6", "threads": 1, "processes": 1, "host": "here"}
    state = {"state": "stopped", "step": 2000, "steps": 2500, "starts": [entry]}
    (folder / "run.json").write_text(json.dumps(state))
    (folder / "log.jsonl").write_text(lines(*map(record, range(10, 2001, 10))) + '{"step": 20')
    (folder / "evaluations.jsonl").write_text(lines(*map(evaluation, STEPS[1:])))
    alarm = {
        "step": 120,
        "alarm": "discriminator_won",
        "message": f"It won {PLANTED}.",
        "advice": "Rest.",
    }
    (folder / "alarms.jsonl").write_text(lines(alarm))
    best = {"step": 1500, "metric": "labels", "figure": "accuracy", "value": 0.6}
    (folder / "best.json").write_text(json.dumps(best | {"interval": [0.5, 0.7]}))
    cases = {"labels": {"accuracy": {"higher_is_better": True, "values": [0.1, 0.9, 0.5, 0.3]}}}
    (folder / "cases.json").write_text(json.dumps(cases))
    for step, colour in zip(STEPS, COLOURS, strict=True):
        Image.new("RGB", (600, 400), colour).save(folder / "samples" / f"step-{step:08d}.png")
    for side in ("best", "worst"):
        picture = extreme_file(folder, "labels", "accuracy", side)
        Image.new("RGB", (300, 200), "gray").save(picture)
    return folder


@pytest.fixture(scope="session")
def written(made):
    return write_report(made, bare_facts(read_run(made).recipe))


def test_everything_is_told(written):
    text = written.read_text()
    assert "Cannot be shown" not in text
    plain = re.sub(r"<[^>]+>", " ", text)
    for told in (
        *("stopped", "2,000 of 2,500", "1 h 1 min", "torch 2.6", "cpu (A CPU), 1 thread"),
        *("G against D", "100 l1(G(x), y)", "Step 120: ", "Rest.", "All 5 grids."),
        *("Best model: step  1,500", "[0.5, 0.7]", "labels accuracy 0.6"),
        *("sample 1: 0.9", "sample 0: 0.1", "images: 200", "20 images a second"),
    ):
        assert told in plain, told
    assert re.search(r"model, step 2,000\s+0.8\s+\[0.7, 0.9\]", plain)
    assert re.search(r"best model, step 1,500\s+0.6\s+\[0.5, 0.7\]", plain)
    assert f"ganzoo run {written.parent}/recipe.toml --out {written.parent}-again" in plain


def test_what_a_run_says_is_no_markup(written):
    text = written.read_text()
    assert PLANTED not in text
    assert text.count("&lt;script&gt;document.title") == 4  # summary, command, alarm, recipe
    assert len(re.findall(r"<script", text)) == 4  # three of data, and the page's own
    assert len(re.findall(r"<script type=\"application/json\"", text)) == 3


def test_nothing_is_loaded_from_elsewhere(written):
    text = written.read_text()
    assert re.findall(r'(?:src|href)="(?!data:image/jpeg;base64,)', text) == []
    assert "default-src 'none'; img-src data:;" in text.replace("&#x27;", "'")
    assert not re.findall(r"(?<!www\.w3\.org)https?://", text)


@pytest.mark.parametrize(
    "name",
    ["run.json", "log.jsonl", "evaluations.jsonl", "alarms.jsonl", "best.json", "cases.json"],
)
@pytest.mark.parametrize("content", [None, "", "{", "[3]", '{"step": "x", "starts": 3}', "\x00ÿ"])
def test_no_damaged_file_costs_the_page(made, tmp_path, name, content):
    folder = tmp_path / "run"
    ignored = shutil.ignore_patterns("*.png", "report.html")
    shutil.copytree(made, folder, ignore=ignored)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    text = report(read_run(folder), bare_facts(read_run(folder).recipe))
    assert "Objective" in text
    assert "Cannot be shown" not in text


def test_values_of_the_wrong_kind_cost_no_more_than_their_section(made, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(made, folder)
    (folder / "evaluations.jsonl").write_text(
        lines({"step": 3, "scores": {"a": {"m": 5, "n": {}}}})
    )
    (folder / "log.jsonl").write_text(lines({"step": 3, "losses": {"g": 4, "h": {"a": "b"}}}))
    (folder / "samples" / "step-00000000.png").write_bytes(b"no picture")
    text = report(read_run(folder), bare_facts({}))
    assert "Cannot be shown" not in text
    assert f"Here are {len(STEPS) - 1} of the {len(STEPS)} grids" in text
    assert "Again" in text


def test_a_picture_is_encoded_once(made, monkeypatch):
    path = made / "samples" / "step-00000500.png"
    first = encoded(path)
    monkeypatch.setattr(Image, "open", None)
    assert encoded(path) is first


def test_the_command(made, tmp_path):
    shutil.copytree(made, tmp_path / "run")
    done = CliRunner().invoke(app, ["report", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(tmp_path / "run" / "report.html")
    assert "E[log σ(D(x, y))]" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(("place", "told"), [(".", "is no run"), ("nowhere", "there is no folder")])
def test_what_is_no_run_is_refused(tmp_path, place, told):
    done = CliRunner().invoke(app, ["report", str(tmp_path / place)])
    assert done.exit_code == 2
    assert told in done.output
    assert not [*tmp_path.iterdir()]


SHORT = {"train.length": "2 steps", "samples.count": 1, "samples.every": "1 steps", "metrics": {}}


def test_a_run_keeps_its_report(recipes, tiny, tmp_path):
    seen, experiment = [], build_recipe(recipes / "cyclegan.toml", {**tiny(), **SHORT})
    write = ReportWriter.write

    def watch(self):
        self.next = 0.0  # as if it had taken no time
        write(self)
        seen.append((self.folder / "report.html").read_text())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReportWriter, "write", watch)
        train(experiment, tmp_path / "run", console=Console(file=io.StringIO()))
    assert len(seen) >= 3
    assert "Samples at step 0" in seen[0]
    assert all("<dd>running</dd>" in page for page in seen)
    text = (tmp_path / "run" / "report.html").read_text()
    assert "<dd>finished</dd>" in text
    assert "<dd>2 of 2</dd>" in text
    assert "Samples at step 2" in text
    exact = facts(experiment.blueprint, experiment.assembly)
    assert exact.objective[1].strip() in text.replace("&#x27;", "'")
    assert not [*(tmp_path / "run").glob(".*")]


def test_a_report_that_fails_is_told_once_and_ends_nothing(recipes, tiny, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("ganzoo.training.report_writer.write_report", fail)
    experiment, told = build_recipe(recipes / "cyclegan.toml", {**tiny(), **SHORT}), io.StringIO()
    train(experiment, tmp_path / "run", console=Console(file=told, width=200))
    assert told.getvalue().count("the disk is full") == 1
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "finished"


def test_pages_leave_training_its_time(made, monkeypatch):
    """After a page that took 2 s the next is due 40 s later; the last one always is."""
    times, written = iter([0, 0, 2, 30, 43, 43, 43, 50, 50]), []
    monkeypatch.setattr("ganzoo.training.report_writer.write_report", lambda *_: written.append(1))
    reporting = ReportWriter(None, made)
    reporting.facts, reporting.clock = bare_facts({}), lambda: next(times)
    reporting.write()
    reporting.write()
    assert len(written) == 1
    reporting.write()
    assert len(written) == 2
    reporting.finish()
    assert len(written) == 3


def test_cases_are_drawn(recipes, tiny, tmp_path):
    experiment = build_recipe(recipes / "cyclegan.toml", tiny())
    experiment.data.prepare()
    (tmp_path / "recipe.toml").write_text(experiment.recipe.to_toml())
    cases = {"labels": {"iou": {"higher_is_better": False, "values": [0.3, 0.1, 0.2]}}}
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    ReportWriter(experiment, tmp_path).draw_extremes(experiment.data)
    heights = {path.stem: Image.open(path).height for path in (tmp_path / "cases").iterdir()}
    assert heights.keys() == {"labels-iou-best", "labels-iou-worst"}
    assert heights["labels-iou-best"] > heights["labels-iou-worst"]  # two rows and one


@pytest.fixture
def opened(browser, written):
    """Opens the page: `opened(width=400)`; whatever it asks for or complains of is a failure."""
    contexts, wrong = [], []

    def open_(width=1600, scheme="light", scripts=True, path=written):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked(request.url))
        page.goto(path.as_uri())
        return page

    def asked(url):
        if not url.startswith("data:") and url != written.as_uri():
            wrong.append(url)

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1600, "dark")])
def test_it_is_readable(opened, violations, width, scheme):
    page = opened(width, scheme)
    assert page.title() == "pix2pix – report"  # and not: planted
    assert violations(page) == []
    for other in (400, 1600):
        page.set_viewport_size({"width": other, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= other
    drawn = page.locator("svg.diagram").bounding_box()
    assert drawn["width"] > 500  # it scrolls in its own box, and is not shrunk


def shown(page):
    """The steps of the grids that are seen, the upper one last, and where that is cut."""
    return page.evaluate(
        "[...document.querySelectorAll('.frame .grid')].filter(g => !g.hidden)"
        ".sort((a, b) => a.style.zIndex - b.style.zIndex)"
        ".map(g => [Number(g.dataset.step), g.style.clipPath])"
    )


def test_sliders_over_time_and_before_and_after(opened):
    page = opened()
    assert shown(page) == [[2000, ""]]
    time, before, divide = (page.locator(f"#{name}") for name in ("time", "before", "divide"))
    time.fill("2")
    assert shown(page) == [[1000, ""]]
    time.press("ArrowRight")
    assert shown(page) == [[1500, ""]]
    divide.fill("30")
    assert shown(page) == [[0, ""], [1500, "inset(0px 0px 0px 30%)"]]
    before.fill("1")
    assert shown(page)[0] == [500, ""]
    assert page.locator("output[for=before]").inner_text() == "step 500"
    box = page.locator(".frame").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, middle)
    page.mouse.up()
    assert divide.input_value() == "75"
    # The picture itself: to the left of the divider the earlier grid, which is red, then blue.
    picture = Image.open(io.BytesIO(page.locator(".frame").screenshot())).convert("RGB")
    width, height = picture.size
    assert picture.getpixel((width // 2, height // 2))[0] > 240
    assert picture.getpixel((width * 9 // 10, height // 2))[2] > 240


def test_the_legend_hides_lines_and_the_slider_reads_them(opened):
    page = opened()
    name = "generators/reconstruction"
    line = page.locator(f'.plot .line[data-line="{name}"]')
    value = page.locator(f'.value[data-line="{name}"]')
    assert line.is_visible()
    box = page.locator(f'.toggle[data-line="{name}"]')
    box.uncheck()
    assert not line.is_visible()
    box.check()
    assert line.is_visible()
    assert value.inner_text() == "0.05"  # 100 / 2000
    reader = page.locator('.reader[data-group="losses"]')
    reader.fill("0")
    assert value.inner_text() == "10"  # 100 / 10
    reader.fill("99")
    assert value.inner_text() == "–"  # step 1000 has none
    plot = page.locator('svg.plot[aria-label^="generators"]')
    plot.scroll_into_view_if_needed()
    where = plot.bounding_box()
    page.mouse.move(where["x"] + where["width"] * 490 / 1990, where["y"] + 50)
    assert reader.input_value() == "49"  # step 500, the 50th line
    assert value.inner_text() == "0.2"
    assert page.locator("h3", has_text="generators").inner_text() == "generators (log)"


def test_the_command_can_be_copied(opened, written):
    page = opened()
    page.locator(".copy").click()
    page.wait_for_function("document.querySelector('.copied').textContent !== ''")
    chosen = page.evaluate("getSelection().toString()")
    copied = page.locator(".copied").inner_text() == "copied"
    assert (
        copied or chosen == f"ganzoo run {written.parent}/recipe.toml --out {written.parent}-again"
    )


def test_without_scripts_the_newest_is_there(opened):
    page = opened(scripts=False)
    seen = [each for each in page.locator(".frame .grid").all() if each.is_visible()]
    assert [each.get_attribute("alt") for each in seen] == ["Samples at step 2,000"]
    assert page.locator("table").first.is_visible()
    for line in ("generators/adversarial", "labels/accuracy/model"):
        assert page.locator(f'.plot .line[data-line="{line}"]').is_visible()
    assert page.locator(".value").first.inner_text()
    assert not page.locator("input").first.is_visible()
    assert not page.locator("button").first.is_visible()
