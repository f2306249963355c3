"""Live bytes and work, against values computed by hand."""

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from ganzoo.builder.step_trace import StepTracer, Work, count_bytes


@pytest.fixture
def tracer():
    with FakeTensorMode(), StepTracer() as tracer:
        yield tracer


def test_the_peak_is_of_what_is_alive_together(tracer):
    first = torch.empty(1000)
    second = first + 1
    del first
    third = second * 2
    assert (tracer.live, tracer.peak) == (8000, 8000)
    del second, third
    assert (tracer.live, tracer.peak) == (0, 8000)


def test_views_and_changes_in_place_take_nothing(tracer):
    whole = torch.empty(10, 100)
    part = whole[2:4].reshape(-1)
    whole.add_(1)
    del whole
    assert (tracer.live, tracer.peak, len(part)) == (4000, 4000, 200)  # a view keeps all of it


def test_what_a_backward_pass_needs_stays_alive(tracer):
    network = nn.Sequential(nn.Linear(100, 100, bias=False), nn.Sigmoid())
    weights = 100 * 100 * 4
    loss = network(torch.empty(50, 100)).sum()
    # The input for the weight's gradient, the sigmoid's output for its own, and the loss.
    assert tracer.live == weights + 2 * 50 * 100 * 4 + 4
    loss.backward()
    del loss
    assert tracer.live == 2 * weights


def test_products_are_counted_by_operations_and_bytes_others_by_calls(tracer):
    a, b = torch.empty(10, 20), torch.empty(20, 30)
    moved = 4 * (200 + 600 + 300)
    tracer.begin()
    product = a @ b
    assert tracer.work == Work(calls=1, flops=2 * 10 * 20 * 30, moved=moved)
    tracer.share = 0.5
    product + product
    assert tracer.work == Work(calls=1.5, flops=2 * 10 * 20 * 30, moved=moved)


def test_products_in_half_precision_are_counted_apart(tracer):
    layer, image = nn.Conv2d(3, 8, 3), torch.empty(1, 3, 10, 10)
    tracer.begin()
    with torch.autocast("cpu", torch.bfloat16):
        layer(image)
    assert (tracer.work.flops, tracer.work.half_flops) == (0, 2 * 8 * 8 * 8 * 3 * 9)


def test_bytes_of_tensors():
    assert count_bytes([torch.empty(3, dtype=torch.float64), torch.empty(2)]) == 32
