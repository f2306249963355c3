"""The residual against values worked out by hand."""

from __future__ import annotations

import pytest
import torch

from ganzoo_denoise.residual import Residual


def test_a_dot_by_hand():
    dot = torch.zeros(1, 3, 7, 7)
    dot[0, 1, 3, 3] = 1
    seen = Residual()(dot)
    assert seen.shape == (1, 4, 7, 7)
    around = -3 * torch.tensor([[1, 2, 1], [2, 4 - 16, 2], [1, 2, 1]]) / 16
    torch.testing.assert_close(seen[0, 1, 2:5, 2:5], around)
    assert not seen[0, [0, 2]].any()
    # The blur sums to 1 over 3 x 3 px, of which the mean over as many and 3 channels is 1 / 27.
    assert seen[0, 3, 3, 3].item() == pytest.approx(1 / 27)
    assert seen[0, 3, 1, 1].item() == pytest.approx(1 / 16 / 27)


def test_flat_images_are_only_bright():
    seen = Residual()(torch.full((2, 3, 5, 8), 0.25))
    torch.testing.assert_close(seen[:, :3], torch.zeros(2, 3, 5, 8))
    torch.testing.assert_close(seen[:, 3:], torch.full((2, 1, 5, 8), 0.25))


def test_of_white_noise_the_documented_part_remains():
    torch.manual_seed(0)
    residual = Residual(in_channels=1, brightness=False)(torch.randn(1, 1, 400, 400))
    assert residual.shape == (1, 1, 400, 400)
    assert residual.std().item() == pytest.approx(3 * 0.8, rel=0.01)


def test_it_declares_its_channels_and_has_no_parameters():
    assert (Residual().in_channels, Residual().out_channels) == (3, 4)
    assert Residual(1, brightness=False).out_channels == 1
    assert not list(Residual().parameters())
    assert not Residual().state_dict()
    with pytest.raises(ValueError, match="in_channels is 0"):
        Residual(in_channels=0)
