"""The page of a demo in a browser: by pointer and by keys alone, and what it may not do."""

from __future__ import annotations

import re

import numpy as np
import pytest

NOTHING_ELSE = re.compile(r"style=|onclick|src=.?http|url\(")


@pytest.fixture
def visit(browser, violations):
    """`visit(demo)` opens its page; its complaints, and foreign requests, fail the test."""
    contexts, complaints = [], []

    def open_page(demo, **how):
        contexts.append(browser.new_context(**{"viewport": {"width": 900, "height": 800}, **how}))
        page, home = contexts[-1].new_page(), f"http://127.0.0.1:{demo.port}/"
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: None if "status of 4" in m.text else complaints.append(m.text))
        page.on(
            "request",
            lambda r: complaints.append(r.url) if home not in r.url and "data:" not in r.url else 0,
        )
        page.goto(home)
        page.wait_for_selector("#stage")
        return page

    yield open_page
    for context in contexts:
        assert not [each for page in context.pages for each in violations(page)]
        context.close()
    assert not complaints


@pytest.fixture
def file(tmp_path, encoded, picture):
    path = tmp_path / "my photo.png"
    path.write_bytes(encoded(picture()))
    return path


def cut_of(page):
    return int(page.get_attribute("#divider", "aria-valuenow"))


def downloaded(page, press):
    with page.expect_download() as download:
        press()
    return download.value


def test_a_picture_is_dropped_in_compared_and_downloaded(serve, plain, visit, file):
    with serve([plain]) as demo:
        page = visit(demo)
        page.set_input_files("#file", file)
        page.wait_for_selector("#stage[data-state=done]")
        assert page.inner_text("#facts").startswith("50 × 37 px")
        box = page.locator("#compare").bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 4, middle)
        page.mouse.up()
        assert cut_of(page) == 25
        place = page.locator("#divider").bounding_box()
        assert place["x"] + place["width"] / 2 == pytest.approx(box["x"] + box["width"] / 4, abs=1)
        result = downloaded(page, lambda: page.click("#download"))
        assert result.suggested_filename == "my photo-out.png"
        assert result.path().read_bytes() == demo.ask("/translate", file.read_bytes())[2]


def test_keys_alone_do_all_of_it(serve, several, visit, file):
    with serve(several) as demo:
        page = visit(demo)

        def tab_to(name):
            for _ in range(12):
                page.keyboard.press("Tab")
                if page.locator(f"#{name}:focus").count():
                    return
            raise AssertionError(name)

        with page.expect_file_chooser() as chooser:
            tab_to("choose")
            page.keyboard.press("Enter")
        chooser.value.set_files(file)
        page.wait_for_selector("#stage[data-state=done]")
        page.locator("#model").focus()
        tab_to("divider")
        for key, cut in {
            "ArrowLeft": 48,
            "PageUp": 58,
            "Home": 0,
            "ArrowDown": 0,
            "End": 100,
        }.items():
            page.keyboard.press(key)
            assert cut_of(page) == cut
        assert page.get_attribute("#divider", "aria-valuetext") == "100 % original, 0 % result"
        tab_to("download")
        result = downloaded(page, lambda: page.keyboard.press("Enter"))
        assert result.path().read_bytes() == demo.ask("/translate", file.read_bytes())[2]


def test_classes_and_draws(serve, several, visit, file, decoded):
    with serve(several) as demo:
        page = visit(demo)
        page.select_option("#model", "tints")
        page.set_input_files("#file", file)
        page.wait_for_selector("#stage[data-state=done]")
        page.select_option("[name=c]", "eel")
        page.wait_for_selector("#stage[data-state=working]", state="detached")
        result = downloaded(page, lambda: page.click("#download")).path().read_bytes()
        content = file.read_bytes()
        assert result == demo.ask("/translate?model=tints&c=2", content)[2]
        page.select_option("#output", "drawn")
        page.click("#choose")
        page.wait_for_selector("#stage[data-state=done]")
        first = downloaded(page, lambda: page.click("#download")).path().read_bytes()
        assert first == demo.ask("/sample?model=tints&output=drawn&count=16", b"")[2]
        page.click("#choose")
        page.wait_for_selector("#stage[data-state=working]", state="detached")
        assert page.input_value("#seed") == "1"
        second = downloaded(page, lambda: page.click("#download")).path().read_bytes()
        assert np.any(decoded(first) != decoded(second))


def test_what_cannot_be_read_is_said_and_what_was_there_stays(serve, plain, visit, file, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear all")
    with serve([plain]) as demo:
        page = visit(demo)
        page.set_input_files("#file", tmp_path / "letter.txt")
        page.wait_for_selector("#error:not([hidden])")
        assert page.inner_text("#error").startswith("letter.txt cannot be read: it is broken, no")
        page.set_input_files("#file", file)
        page.wait_for_selector("#stage[data-state=done]")
        assert page.locator("#error").is_hidden()


def test_a_picture_that_browsers_do_not_show_is_shown_as_it_is_read(
    serve, plain, visit, tmp_path, picture
):
    picture().save(tmp_path / "scan.tif")
    with serve([plain]) as demo:
        page = visit(demo)
        page.set_input_files("#file", tmp_path / "scan.tif")
        page.wait_for_selector("#stage[data-state=done]")
        assert page.locator("#divider").is_visible()
        assert page.evaluate("document.getElementById('before').naturalWidth") == 50


def test_waiting_is_shown_and_can_be_cancelled(serve, plain, smooth, visit, file):
    smooth.gate.opened.clear()
    with serve([plain]) as demo:
        page = visit(demo, color_scheme="dark")
        page.set_input_files("#file", file)
        assert smooth.gate.reached.wait(30)
        page.wait_for_selector("#working")
        page.click("#cancel")
        page.wait_for_selector("#stage[data-state=empty]")
        assert page.locator("#choose:focus").count() == 1
        smooth.gate.opened.set()
        demo.until(lambda: len(demo.site.queue) == 0)


def test_the_page_is_one_file_that_may_load_nothing(serve, plain):
    with serve([plain]) as demo:
        for path in ("/", "/models", "/nothing"):
            headers = demo.ask(path)[1]
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'sha256-")
            assert "unsafe" not in policy
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "access-control-allow-origin" not in headers
        assert not NOTHING_ELSE.search(demo.ask("/")[2].decode())
