from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.transforms import (
    LONGEST,
    Framing,
    View,
    as_size,
    covering,
    crop,
    resize,
)


def ramp(height: int, width: int) -> torch.Tensor:
    """A gray image whose every pixel is its own number."""
    return torch.arange(height * width, dtype=torch.uint8).view(1, height, width)


def noise(height: int, width: int) -> torch.Tensor:
    array = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return torch.from_numpy(array).permute(2, 0, 1)


def test_as_size() -> None:
    assert as_size(3) == (3, 3)
    assert as_size([2, 5]) == (2, 5)
    for wrong in (0, -1, [1], [1, 2, 3], [0, 2]):
        with pytest.raises(ValueError, match=r"size must be a number of pixels or"):
            as_size(wrong)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ((100, 200), (286, 286), (286, 572)),
        ((200, 100), (286, 286), (572, 286)),
        ((10, 10), (4, 8), (8, 8)),
        ((1, 1), (3, 2), (3, 3)),
        ((333, 500), (286, 286), (286, 429)),
    ],
)
def test_covering(
    source: tuple[int, int], target: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert covering(source, target) == expected


@pytest.mark.parametrize("size", [(20, 30), (90, 70), (128, 96), (300, 17)])
def test_resize_against_pillow(size: tuple[int, int]) -> None:
    """Floats agree; 8 bits are rounded between the two passes, by each in its own way."""
    image = noise(64, 48)

    def by_pillow(channel: torch.Tensor) -> torch.Tensor:
        picture = Image.fromarray(channel.numpy())
        resized = picture.resize((size[1], size[0]), Image.Resampling.BICUBIC)
        return torch.from_numpy(np.array(resized)).float()

    exact = resize(image.float(), size)
    expected = torch.stack([by_pillow(channel) for channel in image.float()]).clamp(0, 255)
    torch.testing.assert_close(exact, expected, rtol=0, atol=5e-3)
    rounded = resize(image, size)
    assert rounded.dtype == torch.uint8
    difference = (rounded - torch.stack([by_pillow(channel) for channel in image])).abs()
    assert difference.max() <= 4
    assert difference.mean() < 0.5


def test_view_by_hand() -> None:
    view = View(region=(0, 0, 3, 4), resized=(3, 4), window=(1, 1, 2, 2), mirrored=True)
    expected = torch.tensor([[[6, 5], [10, 9]]]) / 127.5 - 1
    assert torch.equal(view.of(ramp(3, 4)), expected)


def test_paper_default_is_squash_then_crop() -> None:
    """Resize to 286 x 286 whatever the proportions, then a crop of 256."""
    image = noise(100, 150)
    view = Framing(256, 286, flip=False, aspect="squash").random_view(
        image, np.random.default_rng(0)
    )
    assert view.resized == (286, 286)
    top, left, height, width = view.window
    assert (height, width) == (256, 256)
    squashed = Image.fromarray(image.permute(1, 2, 0).numpy()).resize(
        (286, 286), Image.Resampling.BICUBIC
    )
    expected = torch.from_numpy(np.array(squashed)).permute(2, 0, 1)
    expected = crop(expected, (top, left, 256, 256)) / 127.5 - 1
    assert (view.of(image) - expected).abs().max() <= 1.01 / 127.5


def test_keep_scales_the_shorter_side() -> None:
    view = Framing(256, 286).random_view(noise(100, 200), np.random.default_rng(0))
    assert view.resized == (286, 572)


def test_random_crop_reaches_every_place_evenly() -> None:
    framing, image = Framing([2, 3], [4, 5], flip=False), ramp(4, 5)
    rng = np.random.default_rng(0)
    seen = Counter(framing.random_view(image, rng).window for _ in range(900))
    assert set(seen) == {(top, left, 2, 3) for top in range(3) for left in range(3)}
    assert min(seen.values()) > 60


def test_half_are_mirrored() -> None:
    image, rng = ramp(4, 4), np.random.default_rng(0)
    mirrored = sum(Framing(4).random_view(image, rng).mirrored for _ in range(1000))
    assert 440 < mirrored < 560
    assert not any(Framing(4, flip=False).random_view(image, rng).mirrored for _ in range(50))


def test_random_view_depends_on_the_generator_alone() -> None:
    framing, image = Framing(8, 12), ramp(16, 16)
    views = [framing.random_view(image, np.random.default_rng(seed)) for seed in (1, 1, 2, 3, 4)]
    assert views[0] == views[1]
    assert len(set(views)) > 2


def test_centre_view_by_hand() -> None:
    view = Framing(4, 100).centre_view(ramp(6, 9))
    assert view == View((0, 0, 6, 9), (4, 6), (0, 1, 4, 4), False)
    squashed = Framing(4, 100, aspect="squash").centre_view(ramp(6, 9))
    assert squashed == View((0, 0, 6, 9), (4, 4), (0, 0, 4, 4), False)


@pytest.mark.parametrize("aspect", ["keep", "squash"])
@pytest.mark.parametrize("source", [(1, 1), (1500, 1), (2, 2000), (3, 7), (500, 400)])
def test_any_image_fills_any_size(source: tuple[int, int], aspect: str) -> None:
    framing = Framing([40, 24], aspect=aspect)  # type: ignore[arg-type]
    image = torch.full((3, *source), 200, dtype=torch.uint8)
    for view in (framing.random_view(image, np.random.default_rng(0)), framing.centre_view(image)):
        sample = view.of(image)
        assert sample.shape == (3, 40, 24)
        assert sample.dtype == torch.float32
        assert torch.equal(sample, torch.full((3, 40, 24), 200 / 127.5 - 1))


def test_a_long_strip_is_not_enlarged_whole() -> None:
    strip = torch.zeros(3, 1500, 1, dtype=torch.uint8)
    view = Framing(256).centre_view(strip)
    assert view.resized == (LONGEST * 256, 256)
    assert view.region == (748, 0, 4, 1)


def test_rectangular_resize_keeps_the_proportions_of_size() -> None:
    assert Framing([256, 512], 286).resize == (286, 572)
    assert Framing([256, 512]).resize == (256, 512)
    assert Framing([256, 512], [300, 520]).resize == (300, 520)


@pytest.mark.parametrize(("size", "smaller"), [(256, 255), ([256, 512], [256, 500]), (4, [4, 3])])
def test_resize_below_size_is_refused(size: int | list[int], smaller: int | list[int]) -> None:
    with pytest.raises(ValueError, match="resize must be at least size"):
        Framing(size, smaller)


def test_volumes_are_cut_in_depth_and_resized_slice_by_slice() -> None:
    planes = [noise(9, 12)[:1] for _ in range(5)]
    volume = torch.stack([plane // (i + 1) for i, plane in enumerate(planes)], 1)
    for interpolation in ("bicubic", "nearest"):
        resized = resize(volume, (6, 7), interpolation)
        for i in range(5):
            assert torch.equal(resized[:, i], resize(volume[:, i], (6, 7), interpolation))
    framing = Framing(8, flip=False, depth=2)
    middle = framing.centre_view(volume)
    assert middle.slices == (1, 2)
    assert middle.of(volume).shape == (1, 2, 8, 8)
    flat = Framing(8, flip=False).centre_view(volume[:, 2])
    assert torch.equal(middle.of(volume)[:, 1], flat.of(volume[:, 2]))
    rng = np.random.default_rng(0)
    firsts = Counter(framing.random_view(volume, rng).slices for _ in range(400))
    assert set(firsts) == {(first, 2) for first in range(4)}
    assert min(firsts.values()) > 60
