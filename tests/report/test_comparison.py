"""comparison.html of hand-made systems."""

from __future__ import annotations

import json
import re

import pytest
from PIL import Image

from ganzoo.compare.comparison_page import ShownSystem, comparison_page
from ganzoo.compare.comparison_table import compare
from ganzoo.compare.run_scores import RunScores
from ganzoo.report.facts import bare_facts
from ganzoo.report.run_files import read_run

RECIPE = """
name = "{name}"
train = {{ seed = {seed} }}
networks = {{ G = {{ type = "unet" }}, D = {{ type = "patchgan" }} }}
outputs = {{ x2y = "G(x)" }}
[losses]
game = {{ type = "lsgan", real = "D(x, y)", fake = "D(x, G(x))" }}
{more}
"""
MORE = 'near = { type = "l1", prediction = "G(x)", target = "y", weight = 100 }'


def run(folder, name, seed, peak, more=""):
    """A run whose loss `game` falls from peak to 0 in ten steps."""
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(RECIPE.format(name=name, seed=seed, more=more))
    log = []
    for step in range(1, 11):
        losses = {"game": peak * (10 - step) / 9, **({"near": 1.0} if more else {})}
        log.append(json.dumps({"step": step * 10, "losses": {"generators": losses}}) + "\n")
    (folder / "log.jsonl").write_text("".join(log))
    return read_run(folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    place = tmp_path_factory.mktemp("compared")
    first = [run(place / "cmp" / "one" / f"seed-{s}", "one", s, 1.0, MORE) for s in (0, 1)]
    other = [run(place / "else where" / "b&b", "b", 0, 8.0)]
    systems = [
        ShownSystem("one", bare_facts(first[0].recipe), first),
        ShownSystem("<b>other</b>", bare_facts(other[0].recipe), other),
    ]
    scores = [
        {"fit": {"model": {"psnr": value}, "mean image": {"psnr": 9.5}}} for value in (20.0, 22.0)
    ]
    figures = {
        "one": [RunScores(scores=each, parameters=5, images_per_second=1.0) for each in scores],
        "<b>other</b>": [RunScores(scores=scores[0], parameters=7, images_per_second=None)],
    }
    out = place / "cmp"
    Image.new("RGB", (400, 300), "blue").save(out / "x2y.png")
    path = out / "comparison.html"
    path.write_text(comparison_page(systems, compare(figures), [out / "x2y.png"], out))
    return path


def test_figures_objectives_and_links(written):
    text = written.read_text()
    assert "Cannot be shown" not in text
    assert re.search(r'<th scope="row">one</th><td>21.0 ± 1.4</td>', text)
    assert "<b>other" not in text
    assert "lsgan(D(x, y), D(x, G(x)))" in text
    links = re.findall(r'href="([^"]+)"', text)
    assert links == [
        *("one/seed-0/report.html", "one/seed-1/report.html"),
        "../else%20where/b%26b/report.html",
    ]
    assert "data:image/jpeg;base64," in text


def test_terms_of_one_name_have_equal_axes(written):
    """`game` spans 0 to 8 in both systems; the other's own curve fills an eighth of the first's."""
    cells = re.findall(
        r'aria-label="([^"]+), game of generators[^"]*".*?</div></div>', written.read_text()
    )
    assert cells == ["one", "&lt;b&gt;other&lt;/b&gt;"]
    row = written.read_text().partition(">game<")[2].partition("</tr>")[0]
    ticks = re.findall(r'class="heights"[^>]*>(.*?)</svg>', row)
    assert ticks[0] == ticks[1]
    paths = re.findall(r'<path d="(M[^"]+)" class="line', row)
    assert len(paths) == 3  # two seeds, and one run
    tops = [min(float(y) for y in re.findall(r",([\d.]+)", path)) for path in paths]
    bottom = max(float(y) for y in re.findall(r",([\d.]+)", paths[0]))
    assert (bottom - tops[0]) * 8 == pytest.approx(bottom - tops[2], abs=1)
    near = written.read_text().partition(">near<")[2].partition("</tr>")[0]
    assert near.count('class="line') == 2
    assert near.endswith("<td>–</td>")


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1600, "light")])
def test_in_a_browser(browser, violations, written, width, scheme):
    wrong, size = [], {"width": width, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url))
    page.goto(written.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    context.close()
    assert [w for w in wrong if not w.startswith("data:")] == [written.as_uri()]
