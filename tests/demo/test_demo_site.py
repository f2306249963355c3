"""The interface of a demo, over real connections: results, refusals, and who goes away."""

from __future__ import annotations

import base64
import json
import socket
import struct
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from ganzoo.demo import awaiting, demo_site, uploads
from ganzoo.interfaces.levels import to_pixels


def png_header(width, height):
    """A PNG of hardly any data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(bytes(99)), b"IEND": b""}
    written = [
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def expected(shown, picture, **named):
    """What the model says of a picture, in Python."""
    output = next(iter(shown.outputs.values()))
    return np.array(output.model(output.name, **{output.image: picture}, **named))


def leave(demo, path, content, sent):
    """Send the beginning of a request, and hang up."""
    with socket.create_connection((demo.host, demo.port)) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/png\r\n"
        line.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content[:sent])


@pytest.fixture
def no_disk(monkeypatch, tmp_path):
    """A folder for temporary files, and a list of those that were asked for."""
    asked = []
    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
        real = getattr(tempfile, name)
        monkeypatch.setattr(
            tempfile, name, lambda *a, real=real, **k: asked.append(a) or real(*a, **k)
        )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path, asked
    assert not asked
    assert not [*tmp_path.iterdir()]


# ---- What it must survive


def test_fifty_at_once_get_what_the_model_says(serve, plain, picture, encoded, decoded, no_disk):
    pictures = [picture(seed, (20 + seed, 40)) for seed in range(50)]
    with serve([plain]) as demo, ThreadPoolExecutor(50) as visitors:

        def visit(one):
            return demo.ask("/translate", encoded(one), Content_Type="image/png")

        replies = [*visitors.map(visit, pictures)]
        for one, (status, _, content) in zip(pictures, replies, strict=True):
            assert status == 200, content
            assert decoded(content).shape == (one.height, one.width, 3)
            np.testing.assert_array_equal(decoded(content), expected(plain, one))
        assert demo.site.room.taken == len(demo.site.queue) == 0


def test_the_sped_up_model_says_what_the_trained_one_does(plain, picture):
    """Levels may differ by one, where both lie near the middle between two."""
    trained = np.array(plain.model("out", x=picture())).astype(int)
    assert np.abs(trained - expected(plain, picture())).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (8_000, 7_000)])
def test_too_many_pixels_are_refused_by_the_header_alone(serve, plain, form, width, height):
    body, kind = form({}, png_header(width, height), "huge.png")
    with serve([plain]) as demo:
        status, sentence = demo.refuse("/translate", body, Content_Type=kind)
        assert status == 413
        assert sentence.startswith("huge.png has more than 50 million pixels")
        assert demo.read("/health")["status"] == "ok"


def test_files_that_are_no_pictures_are_refused_with_a_sentence(
    serve, plain, form, encoded, picture
):
    whole = encoded(picture())
    files = {b"Dear visitors,\n" * 99: "none of the formats", whole[:300]: "", b"": "no picture"}
    with serve([plain]) as demo:
        for content, reason in files.items():
            body, kind = form({}, content, "a\x1b[2J.txt")
            status, sentence = demo.refuse("/translate", body, Content_Type=kind)
            assert status == (422 if content else 400)
            assert reason in sentence
            assert "\x1b" not in sentence
        assert demo.ask("/translate", whole)[0] == 200


def test_more_bytes_than_are_taken_are_refused(serve, plain, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 1000)
    monkeypatch.setattr(uploads, "AROUND", 500)
    with serve([plain]) as demo:
        for size in (1001, 1501, 2900):  # within the bounds of a form; beyond; far beyond
            status, sentence = demo.refuse("/translate", b"x" * size)
            assert (status, "files of up to" in sentence) == (413, True)
            chunks = iter([b"x" * 700] * (size // 700))  # without a length in the header
            assert demo.refuse("/translate", chunks)[0] in ((413,) if size > 1500 else (413, 422))
        assert demo.site.room.taken == 0


def test_uploads_that_fill_the_memory_are_refused_for_the_moment(serve, plain, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_ROOM", 1000)
    with serve([plain]) as demo:
        status, headers, _ = demo.ask("/translate", b"x" * 1001)
        assert (status, headers["Retry-After"]) == (503, "5")
        assert demo.ask("/translate", b"x" * 1000)[0] == 422


def test_an_upload_that_stands_still_is_ended(serve, plain, monkeypatch):
    monkeypatch.setattr(uploads, "IDLE_SECONDS", 0.05)
    with serve([plain]) as demo, socket.create_connection((demo.host, demo.port)) as line:
        line.sendall(b"POST /translate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nab")
        assert line.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"


def test_who_goes_away_in_the_middle_of_an_upload_leaves_nothing(serve, plain, encoded, picture):
    content = encoded(picture(0, (200, 200)))
    with serve([plain]) as demo:
        for sent in (0, 1, 90_000):
            leave(demo, "/translate", content, sent)
        demo.until(lambda: demo.site.room.taken == 0)
        assert demo.ask("/translate", content)[0] == 200
        assert demo.read("/health")["jobs"] == 0


def test_a_closed_tab_takes_its_job_out_of_the_line(serve, plain, smooth, encoded, picture):
    smooth.gate.opened.clear()
    waiting, last = encoded(picture(1, (21, 21))), encoded(picture(2, (22, 22)))
    with serve([plain]) as demo, ThreadPoolExecutor(2) as visitors:
        visits = [visitors.submit(demo.ask, "/translate", encoded(picture()))]
        assert smooth.gate.reached.wait(30)
        leave(demo, "/translate?job=gone", waiting, len(waiting))
        visits.append(visitors.submit(demo.ask, "/translate?job=last", last))
        demo.until(lambda: len(demo.site.queue) == 2)  # one under way, and the last
        demo.until(lambda: demo.read("/progress?job=last")["ahead"] == 1)
        assert demo.read("/progress?job=gone") == {"ahead": None, "share": None}
        smooth.gate.opened.set()
        assert [visit.result()[0] for visit in visits] == [200, 200]
        assert [shape[-2:] for shape in smooth.calls] == [(32, 43), (32, 32)]


def test_beyond_the_line_everybody_is_asked_to_come_again(
    serve, plain, smooth, encoded, picture, monkeypatch
):
    monkeypatch.setattr(demo_site, "MOST_WAITING", 1)
    smooth.gate.opened.clear()
    with serve([plain]) as demo, ThreadPoolExecutor(2) as visitors:
        visits = [visitors.submit(demo.ask, "/translate", encoded(picture()))]
        assert smooth.gate.reached.wait(30)
        visits.append(visitors.submit(demo.ask, "/translate", encoded(picture())))
        demo.until(lambda: len(demo.site.queue) == 2)
        status, headers, content = demo.ask("/translate", encoded(picture()))
        assert (status, headers["Retry-After"]) == (503, "5")
        assert json.loads(content)["error"] == awaiting.BUSY
        smooth.gate.opened.set()
        assert [visit.result()[0] for visit in visits] == [200, 200]


def test_a_result_that_does_not_come_is_given_up(
    serve, plain, smooth, encoded, picture, monkeypatch
):
    monkeypatch.setattr(awaiting, "JOB_SECONDS", 0.05)
    smooth.gate.opened.clear()
    with serve([plain]) as demo:
        status, sentence = demo.refuse("/translate", encoded(picture()))
        assert (status, "no result" in sentence) == (503, True)
        smooth.gate.opened.set()
        demo.until(lambda: len(demo.site.queue) == 0)


def test_nothing_of_all_this_goes_to_the_disk(serve, several, picture, encoded, form, no_disk):
    """Even of forms larger than the parser keeps in memory by itself."""
    large = encoded(picture(0, (900, 900)))
    assert len(large) > 2**21
    with serve(several) as demo:
        body, kind = form({}, large)
        assert demo.ask("/translate", body, Content_Type=kind)[0] == 200
        assert demo.ask("/original", large)[0] == 200
        assert demo.ask("/sample?model=tints&count=3", b"")[0] == 200
        demo.refuse("/translate", form({}, png_header(10_000, 10_000))[0], Content_Type=kind)
        demo.refuse("/translate", form({}, b"text")[0], Content_Type=kind)
        leave(demo, "/translate", large, 2**21)
        demo.until(lambda: demo.site.room.taken == 0)


# ---- What it answers


def test_a_fault_of_ganzoo_is_told_as_such(serve, plain, encoded, picture, monkeypatch):
    monkeypatch.setattr(demo_site, "translate_picture", lambda *_: 1 / 0)
    with serve([plain]) as demo:
        status, sentence = demo.refuse("/translate", encoded(picture()))
        assert (status, "by a fault of ganzoo" in sentence) == (500, True)
        assert demo.read("/health")["jobs"] == 0


def test_a_form_and_a_body_and_json_say_the_same(serve, several, picture, encoded, decoded, form):
    content = encoded(picture())
    with serve(several) as demo:
        _, headers, alone = demo.ask("/translate?name=C:\\me\\my%20cat.png", content)
        assert headers["Content-Type"] == "image/png"
        assert headers["Content-Disposition"] == "inline; filename*=UTF-8''my%20cat-out.png"
        body, kind = form({"model": "smooth", "output": "out"}, content, "dog.png")
        assert demo.ask("/translate", body, Content_Type=kind)[2] == alone
        table = json.loads(demo.ask("/translate", content, Accept="application/json")[2])
        assert base64.b64decode(table["image"]) == alone
        assert {k: table[k] for k in ("model", "output", "name")} == {
            "model": "smooth",
            "output": "out",
            "name": "the picture-out.png",
        }
        original = decoded(demo.ask("/original", content)[2])
        np.testing.assert_array_equal(original, np.array(picture()))


def test_orientation_depth_and_gray_are_those_of_translate(
    serve, several, picture, encoded, decoded
):
    plain, _, gray = several
    turned = Image.Exif()
    turned[274] = 6
    deep = Image.fromarray(np.arange(900, dtype=np.uint16).reshape(30, 30) * 70)
    with serve(several) as demo:
        result = decoded(demo.ask("/translate", encoded(picture(), exif=turned))[2])
        assert result.shape == (50, 37, 3)
        upright = picture().transpose(Image.Transpose.ROTATE_270)
        np.testing.assert_array_equal(result, expected(plain, upright))
        result = decoded(demo.ask("/translate?model=gray", encoded(deep))[2])
        assert (result.shape, result.dtype) == ((30, 30), np.uint16)
        eight = np.array(gray.outputs["gray"].model("gray", x=deep))
        assert np.abs(result / 257 - eight).max() <= 0.5
        for kind in ("JPEG", "WEBP", "TIFF", "BMP"):
            content = encoded(picture(), kind)
            result = decoded(demo.ask("/translate", content)[2])
            shown = decoded(demo.ask("/original", content)[2])
            np.testing.assert_array_equal(result, expected(plain, Image.fromarray(shown)))


def test_classes_are_given_by_name_or_number(serve, several, picture, encoded, decoded, form):
    tints = several[1]
    with serve(several) as demo:
        for given, number in {"cat": 0, "2": 2}.items():
            body, kind = form({"model": "tints", "c": given}, encoded(picture()))
            result = decoded(demo.ask("/translate", body, Content_Type=kind)[2])
            np.testing.assert_array_equal(result, expected(tints, picture(), c=number))
        content, place = encoded(picture()), "/translate?model=tints"
        assert demo.refuse(place, content) == (400, "c is one of cat, dog, eel, in the field 'c'")
        assert demo.refuse(f"{place}&c=cow", content)[1] == "c is one of cat, dog, eel, not 'cow'"


def test_draws_are_those_of_the_model(serve, several, decoded):
    model = several[1].outputs["drawn"].model
    with serve(several) as demo:
        one = decoded(demo.ask("/sample?model=tints&c=eel&seed=5", b"")[2])
        own = to_pixels(model.sample(1, "drawn", label=2, seed=5)[0])
        np.testing.assert_array_equal(one, own)
        sheet = decoded(demo.ask("/sample?model=tints&count=6", b"")[2])
        assert sheet.shape[1] > 3 * one.shape[1]  # classes take turns, one a column


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/translate?model=smoth", "there is no model 'smoth'. Did you mean 'smooth'?"),
        ("/translate?output=x", "there is no output 'x'. Use 'out'."),
        ("/translate?c=1", "there is no field 'c'."),
        ("/translate?seed=-1", "seed is a whole number from 0 to 4294967295, not '-1'"),
        ("/translate?model=tints&output=drawn", "'drawn' is drawn from latents, without a picture"),
        ("/sample", "'out' is made from a picture: POST /translate"),
        ("/sample?model=tints&count=65", "count is a whole number from 1 to 64, not '65'"),
    ],
)
def test_fields_that_are_wrong_are_named(serve, several, path, sentence):
    with serve(several) as demo:
        status, said = demo.refuse(path, b"x")
        assert status == 400
        assert said.startswith(sentence)


def test_bodies_of_other_kinds_are_refused(serve, plain, form):
    with serve([plain]) as demo:
        kind = "application/x-www-form-urlencoded"  # what curl --data-binary says
        assert demo.refuse("/translate", b"x", Content_Type=kind)[0] == 415
        status, sentence = demo.refuse("/translate", b"x", Content_Type="multipart/form-data")
        assert (status, sentence.startswith("this form cannot be read")) == (400, True)
        body, kind = form(dict.fromkeys(map(str, range(25)), "a"), b"x")
        assert demo.refuse("/translate", body, Content_Type=kind)[0] == 400
        body, kind = form({"seed": "1" * 2000}, b"x")
        assert demo.refuse("/translate", body, Content_Type=kind)[0] == 400
        assert demo.refuse("/nothing")[0] == 404
        assert demo.refuse("/translate")[0] == 405


def test_models_say_what_their_outputs_take(serve, several):
    with serve(several) as demo:
        models = {each["name"]: each for each in demo.read("/models")["models"]}
        assert [*models] == ["smooth", "tints", "gray"]
        tinted, drawn = models["tints"]["outputs"]
        assert tinted == {
            "name": "tinted",
            "expression": "T(x, c)",
            "image": "x",
            "seed": False,
            "labels": [{"name": "c", "classes": ["cat", "dog", "eel"]}],
        }
        assert (drawn["image"], drawn["seed"]) == (None, True)
