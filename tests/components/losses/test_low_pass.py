"""Hand-computed values of the low-pass loss."""

from __future__ import annotations

import math

import pytest
import torch

from ganzoo.components.losses.low_pass import LowPass, blur, gaussian_kernel

# sigma = 1, r = 3: exp(-i² / 2) is 1, .6065307, .1353353, .0111090, which sum to 2.5059499.
WEIGHTS = [0.0044330, 0.0540056, 0.2420362, 0.3990503, 0.2420362, 0.0540056, 0.0044330]
# What it leaves of an alternation +1, -1: .3990503 - 2 (.2420362 - .0540056 + .0044330)
ALTERNATION = 0.0141231


def planes(height: int = 16, width: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    rows, columns = torch.arange(height), torch.arange(width)
    return 1.0 - 2 * (rows % 2)[:, None].expand(height, width), 1.0 - 2 * (columns % 2)


def test_kernel():
    torch.testing.assert_close(gaussian_kernel(1.0), torch.tensor(WEIGHTS), atol=1e-6, rtol=0)
    assert [len(gaussian_kernel(sigma)) for sigma in (0.3, 1.5, 2.0)] == [3, 11, 13]


def test_a_difference_in_brightness_counts_whole():
    target = torch.rand(2, 3, 16, 20)
    assert LowPass(2.0)(target + 0.25, target).item() == pytest.approx(0.25, rel=1e-5)


def test_stripes_and_checks_are_all_but_free():
    loss, (rows, columns) = LowPass(sigma=1.0), planes()
    zero = torch.zeros(1, 1, 16, 16)
    stripes, checks = rows.expand_as(zero), (rows * columns).expand_as(zero)
    assert loss(stripes, zero).item() == pytest.approx(ALTERNATION, rel=1e-4)
    assert loss(stripes.mT, zero).item() == pytest.approx(ALTERNATION, rel=1e-4)
    assert loss(checks, zero).item() == pytest.approx(ALTERNATION**2, rel=1e-3)


def test_a_dot_is_spread_by_the_kernel_in_its_own_channel():
    dot = torch.zeros(1, 2, 9, 9)
    dot[0, 1, 4, 4] = 1
    blurred = blur(dot, gaussian_kernel(1.0))
    assert blurred[0, 0].abs().max() == 0
    assert blurred[0, 1, 4, 5].item() == pytest.approx(0.3990503 * 0.2420362, rel=1e-5)
    assert blurred[0, 1, 6, 3].item() == pytest.approx(0.0540056 * 0.2420362, rel=1e-5)
    assert LowPass(1.0)(dot, torch.zeros_like(dot)).item() == pytest.approx(1 / 162)


def test_of_white_noise_the_documented_part_remains():
    torch.manual_seed(0)
    remains = blur(torch.randn(1, 1, 512, 512), gaussian_kernel(2.0)).std().item()
    assert remains == pytest.approx(1 / (2 * 2.0 * math.sqrt(math.pi)), rel=0.05)


def test_it_moves_the_prediction_and_keeps_no_state():
    loss, prediction = LowPass(2.0), torch.rand(1, 3, 8, 8, requires_grad=True)
    loss(prediction, torch.zeros(1, 3, 8, 8)).backward()
    assert prediction.grad is not None
    assert (prediction.grad > 0).all()
    assert not loss.state_dict()


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
def test_wrong_sigma(sigma):
    with pytest.raises(ValueError, match="sigma is"):
        LowPass(sigma)


def test_images_that_do_not_fit():
    with pytest.raises(ValueError, match="differ in shape"):
        LowPass(2.0)(torch.zeros(1, 3, 16, 16), torch.zeros(1, 1, 16, 16))
    with pytest.raises(ValueError, match="needs 7 px"):
        LowPass(2.0)(torch.zeros(1, 3, 16, 6), torch.zeros(1, 3, 16, 6))
    assert LowPass(2.0)(torch.ones(1, 3, 16, 7), torch.zeros(1, 3, 16, 7)).item() > 0
