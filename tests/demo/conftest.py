"""What tests of the demo share: models by hand, and a demo that is really served."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from ganzoo.components.latents import NormalLatent
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Variable

pytest.importorskip("starlette", reason="pip install 'ganzoo-core[demo]'")


class Smooth(nn.Module):
    """A convolution; `gate` holds it up, and `calls` counts how often it computes."""

    per_sample = True

    def __init__(self, channels=3):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.gate, self.calls = Gate(), []

    def forward(self, x):
        self.gate.wait()
        self.calls.append(tuple(x.shape))
        return self.convolution(x).tanh()

    def __deepcopy__(self, memo):
        return self  # a sped-up copy is counted, too


class Gate:
    """Lets through, unless it is closed; `reached` says that somebody stands before it."""

    def __init__(self):
        self.opened, self.reached = threading.Event(), threading.Event()
        self.opened.set()

    def wait(self):
        self.reached.set()
        assert self.opened.wait(60)


class Tint(nn.Module):
    """Adds a level by class."""

    def forward(self, x, c):
        return x * 0.5 + (c.float() / 4 - 0.5)[:, None, None, None]


class Draw(nn.Module):
    """Noise, with the class as the level of its first column."""

    def forward(self, z, c):
        image = z.tanh()[:, :, None, None].repeat(1, 1, 6, 8)
        image[..., 0] = (c.float() / 2 - 1)[:, None, None]
        return image


NAMES = ("cat", "dog", "eel")


def model_of(networks, wires, **variables):
    outputs = {name: OutputWire(parse(wire)) for name, wire in wires.items()}
    known = {"x": Variable(size=(32, 32)), **variables}
    latents = {name: NormalLatent(size=3) for name in known if name == "z"}
    return Model({n: each.eval() for n, each in networks.items()}, outputs, known, latents)


def open_demo(name, model):
    from ganzoo.demo.demo_models import show_model

    return show_model(name, model)


@pytest.fixture
def smooth():
    """A network that can be held up."""
    return Smooth()


@pytest.fixture
def plain(smooth):
    """A model of pictures."""
    return open_demo("smooth", model_of({"f": smooth}, {"out": "f(x)"}))


@pytest.fixture
def several(plain):
    """That, one with classes and draws, and one of gray."""
    classes = Variable(classes=3, labels=NAMES)
    wires = {"tinted": "T(x, c)", "drawn": "G(z, c)"}
    tints = model_of({"T": Tint(), "G": Draw()}, wires, c=classes, z=Variable(3))
    gray = model_of({"f": Smooth(1)}, {"gray": "f(x)"}, x=Variable(1, (32, 32)))
    return [plain, open_demo("tints", tints), open_demo("gray", gray)]


@pytest.fixture
def picture():
    """`picture(seed)` is a picture (37 x 50) of random colours."""

    def make(seed=0, size=(37, 50)):
        return Image.fromarray(
            np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8), "RGB"
        )

    return make


@pytest.fixture
def encoded():
    """`encoded(picture, "JPEG")` is its file's content."""

    def encode(picture, kind="PNG", **how):
        content = BytesIO()
        picture.save(content, kind, **how)
        return content.getvalue()

    return encode


@pytest.fixture
def decoded():
    """The values of a file's content."""

    def decode(content):
        with Image.open(BytesIO(content)) as image:
            return np.array(image)

    return decode


class Demo:
    """A demo that is served, and what asks it."""

    def __init__(self, host, port, site, server):
        self.host, self.port, self.site, self.server = host, port, site, server

    def ask(self, path, body=None, method="", **headers):
        """The status, the headers and the content of a reply."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method or ("GET" if body is None else "POST"), path, body, named)
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        return reply.status, reply.headers, content

    def read(self, path):
        status, _, content = self.ask(path)
        assert status == 200, content
        return json.loads(content)

    def refuse(self, path, body=None, **headers):
        """The status and the sentence of a refusal."""
        status, _, content = self.ask(path, body, **headers)
        table = json.loads(content)
        assert status >= 400
        assert [*table] == ["error"]
        return status, table["error"]

    def until(self, wanted):
        """Wait until something holds."""
        end = time.monotonic() + 30
        while not wanted():
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.fixture
def serve():
    """`with serve(models) as demo`: a demo at a free port of this machine."""
    from ganzoo.demo.demo_server import make_site, served
    from ganzoo.demo.listening import listen

    @contextmanager
    def serving(models, token="", host="127.0.0.1"):
        at = listen("127.0.0.1", 0)
        address = at.getsockname()
        site, application = make_site(models, host, address[1], token)
        with served(application, at) as server:
            yield Demo(*address, site, server)
        site.queue.end()
        at.close()

    return serving


@pytest.fixture
def form():
    """`form(fields, content, "a.png")` is the body of a form, and its type."""

    def make(fields=(), content=None, name="picture.png"):
        pieces = [
            f'--edge\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
            for n, v in dict(fields).items()
        ]
        if content is not None:
            head = f'--edge\r\nContent-Disposition: form-data; name="image"; filename="{name}"'
            pieces.append(f"{head}\r\n\r\n".encode() + content + b"\r\n")
        return b"".join([*pieces, b"--edge--\r\n"]), "multipart/form-data; boundary=edge"

    return make
