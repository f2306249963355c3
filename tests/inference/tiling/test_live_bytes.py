"""The bytes of live tensors, counted by hand for small networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganzoo.components.networks.resnet import ResNet
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.tiling.live_bytes import LiveBytes, measure_bytes
from ganzoo.interfaces import Variable


def law_of(network, wire="f(x)"):
    model = Model(
        {"f": network}, {"out": OutputWire(parse(wire))}, {"x": Variable(3, (32, 32))}, {}
    )
    return measure_bytes(model, model.output(), "x")


def test_tensors_count_as_long_as_they_live():
    with LiveBytes() as live:
        first = torch.zeros(1000)
        second = first + 1
        del first
        third = second.view(10, 100).clone()
        third.add_(1)
    assert live.peak == 8000
    assert live.now == 8000


class Looks(nn.Module):
    def forward(self, x):
        return x * 2 if float(x.sum()) >= 0 else x


@pytest.mark.parametrize(
    ("network", "per_pixel"),
    [
        # The image, the convolution's result and the ReLU's: 3, 8 and 8 values.
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 3, 1)), 4 * (3 + 8 + 8)),
        # The ReLU in place: the image, 8 values and the result.
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(True), nn.Conv2d(8, 3, 1)), 4 * (3 + 8 + 3)),
        # It looks at values, so it is run on small images.
        (Looks(), 4 * (3 + 3)),
    ],
)
def test_bytes_of_a_pixel_counted_by_hand(network, per_pixel):
    law = law_of(network)
    assert law.per_pixel == pytest.approx(per_pixel, rel=0.01)
    assert law.fixed <= 4096


def test_a_wider_or_longer_output_needs_no_less():
    laws = [
        law_of(ResNet(width=4, blocks=1).eval()),
        law_of(ResNet(width=8, blocks=1).eval()),
        law_of(ResNet(width=16, blocks=1).eval()),
    ]
    assert sorted(law.per_pixel for law in laws) == [law.per_pixel for law in laws]
    assert laws[0].per_pixel < 0.6 * laws[1].per_pixel
    wires = law_of(ResNet(width=8, blocks=1).eval(), "f(f(x))")
    assert wires.per_pixel >= laws[1].per_pixel


def test_pixels_that_fit_need_what_there_is():
    law = law_of(nn.Conv2d(3, 8, 1))
    assert law(law.pixels(10**8)) == pytest.approx(10**8, rel=1e-5)
    assert law.pixels(-1) == 0


def test_the_model_itself_stays_where_it_is():
    network = nn.Conv2d(3, 8, 1)
    law_of(network)
    assert network.weight.device.type == "cpu"
