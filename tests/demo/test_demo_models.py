"""Which outputs of a model are shown, under which names."""

from __future__ import annotations

import pytest
from torch import nn

from ganzoo.demo.demo_models import name_models, show_model
from ganzoo.errors import ModelError
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Variable

VARIABLES = {
    "x": Variable(size=(8, 8)),
    "y": Variable(size=(8, 8)),
    "v": Variable(1, (8, 8), depth=4),
    "w": Variable(5),
    "c": Variable(classes=2),
}


def show(**wires):
    outputs = {name: OutputWire(parse(wire)) for name, wire in wires.items()}
    model = Model({"f": nn.Identity()}, outputs, VARIABLES, {})
    return show_model("m", model)


def test_what_cannot_be_shown_is_left_out_with_a_reason():
    model = show(one="f(x)", both="f(x, y)", vector="f(x, w)", volume="f(v)", classes="f(x, c)")
    assert [*model.outputs] == ["one", "classes"]
    assert dict(model.left_out) == {
        "both": "it needs several pictures: x, y",
        "vector": "it needs w, which is no picture",
        "volume": "volumes are not shown",
    }


def test_a_model_of_which_nothing_can_be_shown_is_refused():
    with pytest.raises(ModelError, match=r"^m: no output can be shown \(both: it needs several"):
        show(both="f(x, y)")


def test_names_are_short_and_differ(tmp_path):
    for name in ("a/maps", "b/maps", "v1.2"):
        (tmp_path / name).mkdir(parents=True)
    paths = ["a/maps", "b/maps", "v1.2", "b/maps/model.safetensors", "maps-2.safetensors", "g.pth"]
    names = name_models([tmp_path / path for path in paths])
    assert names == ["maps", "maps-2", "v1.2", "maps-3", "maps-2-2", "g"]
