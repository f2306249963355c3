"""Reflections against torch's own, and their gradients against float64's differences."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from ganzoo.components.networks import padding
from ganzoo.components.networks.padding import ReflectionPad, add_reflections


@pytest.fixture(autouse=True)
def by_rows(monkeypatch):
    """As for large feature maps."""
    monkeypatch.setattr(padding, "MANY", 0)


@pytest.mark.parametrize(
    ("shape", "margin"),
    [((2, 3, 5, 7), 1), ((1, 2, 4, 4), 3), ((1, 1, 8, 3), 2), ((1, 2, 3, 3), 0)],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_and_gradients_are_torch_s(shape, margin, layout):
    images = torch.randn(shape, dtype=torch.float64).contiguous(memory_format=layout)
    images.requires_grad_()
    reflected = ReflectionPad(margin)(images)
    expected = functional.pad(images, (margin,) * 4, mode="reflect")
    assert torch.equal(reflected, expected)
    incoming = torch.randn_like(reflected)
    (ours,) = torch.autograd.grad(reflected, images, incoming)
    (theirs,) = torch.autograd.grad(expected, images, incoming)
    torch.testing.assert_close(ours, theirs, rtol=1e-14, atol=1e-14)


def test_each_mirrored_pixel_is_added_to_its_original():
    # A row 1 2 3 is padded by 1 to 2 1 2 3 2, so that 2 stands at three places in each of 5 rows.
    gradient = add_reflections(torch.ones(1, 1, 5, 5), 1)
    assert gradient[0, 0].tolist() == [[1, 3, 1], [3, 9, 3], [1, 3, 1]]


def test_second_gradients():
    images = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    layer = ReflectionPad(2)
    assert torch.autograd.gradgradcheck(lambda x: layer(x) ** 2, images)


def test_a_margin_that_is_too_large_is_refused():
    with pytest.raises(RuntimeError):
        ReflectionPad(4)(torch.zeros(1, 1, 4, 4))


@pytest.mark.parametrize("many", [0, 10**9])
def test_bf16_stays_bf16_under_autocast(monkeypatch, many):
    monkeypatch.setattr(padding, "MANY", many)
    images = torch.randn(1, 2, 4, 4, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert ReflectionPad(1)(images).dtype == torch.bfloat16


def test_gradients_of_each_sample():
    images = torch.randn(3, 2, 4, 5, dtype=torch.float64)

    def energy(sample):
        return ReflectionPad(1)(sample[None]).pow(3).sum()

    found = torch.func.vmap(torch.func.grad(energy))(images)
    alone = [torch.autograd.functional.jacobian(energy, image) for image in images]
    torch.testing.assert_close(found, torch.stack(alone))
