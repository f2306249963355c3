"""PSNR by hand, and what stands beside it."""

from __future__ import annotations

import math
import sys

import pytest
import torch
from ganzoo.errors import DataError
from torch import Tensor

from ganzoo_denoise.classics import non_local_means, total_variation
from ganzoo_denoise.psnr_gain import CLASSICS, PSNR, mean_psnr
from ganzoo_denoise.sample_photos import SamplePhotos


def flat(*values: float) -> Tensor:
    """Flat images (N, 3, 8, 8)."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, 8, 8)


def test_by_hand_one_at_a_time_and_in_a_batch():
    # Errors of 0.2 and 0.02 of a range of 2: 20 log10(2 / 0.2) = 20 dB and 40 dB, on average 30.
    single, batch = PSNR(classics=False), PSNR(classics=False)
    target, prediction, source = flat(0.0, 0.5), flat(0.2, 0.48), flat(0.2, 0.7)
    for i in range(2):
        single.update(prediction[i : i + 1], target[i : i + 1], source[i : i + 1])
    batch.update(prediction, target, source)
    wanted = {
        "model": {"psnr": pytest.approx(30, abs=1e-4), "gain": pytest.approx(10, abs=1e-4)},
        "noisy input": {"psnr": pytest.approx(20, abs=1e-4), "gain": 0},
    }
    assert single.compute() == batch.compute() == wanted
    assert list(batch.compute()) == ["model", "noisy input"]


def test_images_are_clamped_as_files_are():
    assert mean_psnr([torch.full((1, 4, 4), 7.0)], [torch.full((1, 4, 4), 0.8)]) == pytest.approx(
        20
    )
    assert math.isinf(mean_psnr([torch.full((1, 4, 4), 7.0)], [torch.ones(1, 4, 4)]))


def test_nothing_to_compare_and_shapes_that_differ():
    with pytest.raises(ValueError, match="no image was added"):
        PSNR().compute()
    with pytest.raises(ValueError, match="must have one shape"):
        PSNR().update(flat(0.0), flat(0.0), flat(0.0)[..., :4])


@pytest.fixture
def noisy() -> tuple[Tensor, Tensor]:
    """A clean edge (1, 3, 32, 32) of -0.5 and 0.5, and with noise of deviation 0.2."""
    clean = torch.full((1, 3, 32, 32), -0.5)
    clean[..., 16:] = 0.5
    return clean, clean + 0.2 * torch.randn(clean.shape, generator=torch.manual_seed(0))


def test_the_classics_denoise_and_are_shown_at_their_best(noisy):
    pytest.importorskip("skimage")
    clean, spoiled = noisy
    score = PSNR()
    score.update(spoiled, clean, spoiled)
    rows = score.compute()
    assert list(rows) == ["model", "noisy input", "total variation", "non-local means"]
    assert rows["model"] == rows["noisy input"]
    for name, (classic, strengths) in CLASSICS.items():
        sigma = (spoiled - clean).square().mean().sqrt().item() / 2
        tried = [mean_psnr([classic(spoiled[0], s, sigma)], [clean[0]]) for s in strengths]
        assert rows[name]["psnr"] == pytest.approx(max(tried))
        assert rows[name]["gain"] > 6


def test_the_classics_are_scikit_images_on_intensities(noisy):
    restoration = pytest.importorskip("skimage.restoration")
    image = noisy[1][0]
    pixels = ((image.double() + 1) / 2).permute(1, 2, 0).numpy()
    varied = restoration.denoise_tv_chambolle(pixels, 0.1, channel_axis=2)
    averaged = restoration.denoise_nl_means(pixels, 5, 6, 0.08, sigma=0.1, channel_axis=2)
    for found, wanted in (
        (total_variation(image, 0.1, 0.0), varied),
        (non_local_means(image, 0.8, 0.1), averaged),
    ):
        levels = (found.double().permute(1, 2, 0) + 1) / 2
        torch.testing.assert_close(levels, torch.from_numpy(wanted), atol=1e-6, rtol=0)


def test_without_scikit_image_it_says_what_to_do(noisy, monkeypatch):
    clean, spoiled = noisy
    for module in [m for m in sys.modules if m.split(".")[0] == "skimage"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ValueError, match="pip install scikit-image, or set classics = false"):
        PSNR().update(clean, clean, spoiled)
    PSNR(classics=False).update(clean, clean, spoiled)
    with pytest.raises(DataError, match="pip install scikit-image"):
        SamplePhotos().prepare()
