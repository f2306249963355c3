"""The core's low-pass loss, with the blur that this plugin had before the core."""

from __future__ import annotations

import torch
from ganzoo.components.losses.low_pass import LowPass

from ganzoo_denoise.blur_consistency import BlurConsistency


def test_it_is_the_cores_with_a_blur_of_2_px():
    images = torch.rand(2, 1, 3, 16, 20, generator=torch.Generator().manual_seed(0))
    assert torch.equal(BlurConsistency()(*images), LowPass(2.0)(*images))
    assert BlurConsistency().notation == LowPass.notation
    assert not BlurConsistency().state_dict()
