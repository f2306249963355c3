"""SSIM, cycle error and LPIPS against scikit-image, torchmetrics and values by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganzoo.components.metrics import lpips
from ganzoo.components.metrics.cycle_error import CycleError
from ganzoo.components.metrics.input_lpips import InputLpips
from ganzoo.components.metrics.lpips import Lpips
from ganzoo.components.metrics.psnr import Psnr
from ganzoo.components.metrics.ssim import Ssim
from ganzoo.errors import ModelError


def images(count: int, seed: int, channels: int = 3, size: tuple[int, int] = (20, 26)) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(count, channels, *size, generator=rng) * 2 - 1


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_scikit_image_s(channels: int) -> None:
    module = pytest.importorskip("skimage.metrics")
    target = images(3, 0, channels)
    prediction = (target + 0.4 * images(3, 1, channels)).clamp(-1, 1)
    metric = Ssim()
    metric.update(prediction, target)
    wanted = [
        module.structural_similarity(
            (p.double().numpy() + 1) / 2,
            (t.double().numpy() + 1) / 2,
            data_range=1.0,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for p, t in zip(prediction, target, strict=True)
    ]
    assert metric.sample_scores()["ssim"] == pytest.approx(wanted, abs=1e-6)
    assert metric.compute()["model"]["ssim"] == pytest.approx(np.mean(wanted), abs=1e-6)


def test_ssim_of_flat_images_by_hand() -> None:
    """Only the means differ: (2 a b + C₁) / (a² + b² + C₁) for a, b in [0, 1]."""
    metric = Ssim()
    metric.update(torch.full((1, 1, 11, 11), -0.5), torch.full((1, 1, 11, 11), 0.5))
    wanted = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert metric.compute()["model"]["ssim"] == pytest.approx(wanted, abs=1e-6)


def test_ssim_refuses() -> None:
    with pytest.raises(ValueError, match="11 x 11 px or more"):
        Ssim().update(torch.zeros(1, 3, 10, 20), torch.zeros(1, 3, 10, 20))
    for sigma in (0.0, math.nan):
        with pytest.raises(ValueError, match="sigma"):
            Ssim(sigma)


def test_cycle_error_by_hand() -> None:
    """Half of the distance in [-1, 1]; beyond it is clamped; what is no number is all wrong."""
    target = torch.tensor([0.0, 0.5, -1.0, 1.0]).reshape(2, 1, 1, 2)
    back = torch.tensor([0.2, 0.5, 3.0, math.nan]).reshape(2, 1, 1, 2)
    metric = CycleError()
    metric.update(back, target, source=target)
    assert metric.sample_scores() == {"cycle_error": pytest.approx([0.05, 1.0])}
    rows = metric.compute()
    assert rows["model"]["cycle_error"] == pytest.approx(0.525)
    assert rows["copy the input"]["cycle_error"] == 0
    # |0 - -1| and |0.5 - 1|, halved
    assert rows["the target of another sample"]["cycle_error"] == pytest.approx(0.375)
    assert not metric.higher_is_better("cycle_error")
    assert CycleError.needs_pairs is False
    with pytest.raises(ValueError, match="nothing to score"):
        CycleError().compute()


@pytest.mark.parametrize("metric", [Psnr, Ssim, CycleError])
def test_every_row_has_an_interval_and_the_model_cases(metric: Any) -> None:
    made = metric()
    made.update(images(8, 0), images(8, 1), images(8, 2))
    rows, intervals = made.compute(), made.intervals()
    assert set(intervals) == set(rows)
    for row, ends in intervals.items():
        for name, (low, high) in ends.items():
            assert low < rows[row][name] < high or row == "mean colour"
    [values] = made.sample_scores().values()
    assert np.mean(values) == pytest.approx(rows["model"][made.score])
    assert made.higher_is_better(made.score) is (metric is not CycleError)


@pytest.fixture(scope="module")
def squeeze() -> dict[str, Tensor]:
    """Random weights under torchvision's names."""
    from torchvision.models import squeezenet1_1

    torch.manual_seed(5)
    return dict(squeezenet1_1(weights=None).state_dict())


def by_formula(stored: dict[str, Tensor], one: Tensor, two: Tensor) -> Tensor:
    """Eq. 1 of the paper, on torchvision's network: distances (N,)."""
    from torchmetrics.functional.image import lpips as theirs
    from torchvision.models import squeezenet1_1

    network: nn.Module = squeezenet1_1(weights=None).eval()
    network.load_state_dict(stored)
    path = Path(theirs.__file__).parent / "lpips_models" / "squeeze.pth"
    people = torch.load(path, map_location="cpu", weights_only=True)
    shift = torch.tensor([-0.030, -0.088, -0.188])[:, None, None]
    scale = torch.tensor([0.458, 0.448, 0.450])[:, None, None]
    layers = (1, 4, 7, 9, 10, 11, 12)  # after each ReLU and fire module between poolings
    sides = [(image - shift) / scale for image in (one, two)]
    total = torch.zeros(len(one))
    with torch.no_grad():
        for number, layer in enumerate(network.features):  # type: ignore[arg-type, var-annotated]
            sides = [layer(side) for side in sides]
            if number in layers:
                a, b = (side / side.square().sum(1, keepdim=True).sqrt() for side in sides)
                weights = people[f"lin{layers.index(number)}.model.1.weight"][0]
                total += ((a - b).square() * weights).sum(1).mean((1, 2))
    return total


def test_lpips_is_the_paper_s(
    squeeze: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import save_file

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nobody asked for the network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    save_file(squeeze, tmp_path / "squeeze.safetensors")
    one, two = images(3, 0, size=(48, 40)), images(3, 1, size=(48, 40))
    metric = Lpips(str(tmp_path / "squeeze.safetensors"), "squeeze")
    metric.update(one, two)
    wanted = by_formula(squeeze, one, two).tolist()
    assert metric.sample_scores() == {"lpips_squeeze": pytest.approx(wanted, rel=1e-3)}
    assert not metric.higher_is_better("lpips_squeeze")
    same = Lpips(str(tmp_path / "squeeze.safetensors"), "squeeze")
    same.update(one, one)
    assert same.compute()["model"]["lpips_squeeze"] == 0


def test_lpips_of_random_weights_is_called_so() -> None:
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        metric = Lpips("none", "squeeze")
        metric.update(images(1, 0, 1, (32, 32)), images(1, 1, 1, (32, 32)))
        found.append(metric.compute()["model"])
        after = torch.rand(())
        torch.manual_seed(seed)
        assert torch.equal(torch.rand(()), after)
    assert list(found[0]) == ["lpips_squeeze_untrained"]
    assert found[0] == found[1]


def test_lpips_without_torchvision_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchmetrics.functional.image.lpips._TORCHVISION_AVAILABLE", False)
    image = images(1, 0, size=(32, 32))
    with pytest.raises(ValueError, match=r"lpips needs .*: pip install 'ganzoo-core\[lpips\]'$"):
        Lpips("none", "squeeze").update(image, image)


def test_lpips_weights(
    squeeze: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small.pth"
    torch.save({"features.0.weight": torch.zeros(1)}, small)
    image = images(1, 0, size=(32, 32))
    with pytest.raises(ModelError, match="do not fit 'squeeze'"):
        Lpips(str(small), "squeeze").update(image, image)
    asked = []
    torch.save(squeeze, tmp_path / "whole.pth")
    monkeypatch.setattr(
        "ganzoo.components.networks.stored.fetched",
        lambda url: asked.append(url) or tmp_path / "whole.pth",
    )
    Lpips("hub", "squeeze").update(image, image)
    assert asked == [lpips.URL + "squeezenet1_1-b8a52dc0.pth"]
    with pytest.raises(ValueError, match="32 x 32 px or more"):
        Lpips("none", "squeeze").update(image[..., :20], image[..., :20])
    with pytest.raises(ValueError, match="there is no net 'resnet'"):
        Lpips("none", "resnet")  # type: ignore[arg-type]


def test_metrics_of_flat_networks_refuse_volumes() -> None:
    from ganzoo.components.metrics.kid import Kid
    from ganzoo.components.metrics.lpips import Lpips

    volume = torch.zeros(1, 1, 64, 64, 64)
    with pytest.raises(ValueError, match="lpips takes gray or RGB images of"):
        Lpips("none").update(volume, volume)
    with pytest.raises(ValueError, match="its network takes no volumes"):
        Kid(weights="none").update(volume, None)


def test_lpips_to_the_input_is_lpips_with_the_input_as_target() -> None:
    outputs, inputs = images(3, 0, size=(40, 36)), images(3, 1, size=(40, 36))
    metric, paired = InputLpips("none", "squeeze"), Lpips("none", "squeeze")
    metric.update(outputs, inputs)
    paired.update(outputs, inputs, source=inputs)
    score, other = "input_lpips_squeeze_untrained", "lpips_squeeze_untrained"
    wanted = paired.sample_scores()[other]
    assert metric.sample_scores() == {score: pytest.approx(wanted, rel=1e-5)}
    rows, theirs = metric.compute(), paired.compute()
    assert rows["copy the input"][score] == 0
    different = theirs["the target of another sample"][other]
    assert rows["the input of another sample"][score] == pytest.approx(different, rel=1e-5)
    assert set(metric.intervals()) == set(rows)
    assert not InputLpips.needs_pairs
    assert not metric.higher_is_better(score)


def test_lpips_to_the_input_refuses() -> None:
    metric = InputLpips("none", "squeeze")
    with pytest.raises(ValueError, match="input_lpips takes gray or RGB images of 32 x 32 px"):
        metric.update(images(1, 0), images(1, 1))
    with pytest.raises(ValueError, match="compares images of one size"):
        metric.update(images(1, 0, size=(40, 40)), images(1, 1, size=(40, 48)))
    with pytest.raises(ValueError, match="there is no net 'resnet'"):
        InputLpips("none", "resnet")  # type: ignore[arg-type]
