"""Frechet distances against torchmetrics and scipy; what is kept of real images; Inception."""

from __future__ import annotations

import io
import math
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganzoo.components.metrics import feature_extractor
from ganzoo.components.metrics.distribution import DistributionMetric
from ganzoo.components.metrics.fid import Fid, frechet_distance
from ganzoo.components.metrics.kid import Kid
from ganzoo.components.metrics.precision_recall import PrecisionRecall
from ganzoo.components.networks import backbones, stored
from ganzoo.errors import ModelError

SIZE = 32


class Counted(nn.Module):
    """A backbone of 12 features that counts the images it looks at."""

    looked = 0

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, images: Tensor) -> Tensor:
        Counted.looked += len(images)
        return self.scale * nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of timm's networks; `scale` stands for weights."""
    monkeypatch.setattr(Counted, "looked", 0)
    monkeypatch.setattr(feature_extractor, "_shared", WeakValueDictionary())
    monkeypatch.setattr(
        backbones, "load_backbone", lambda name, weights, **_: Counted(float(weights[-1:] == "2"))
    )
    flat = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    monkeypatch.setattr(backbones, "input_statistics", lambda network: flat)


def images(count: int, seed: int, shift: float = 0.0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 2, 2, generator=rng) * 1.6 - 0.8 + shift
    return coarse.clamp(-1, 1).repeat_interleave(16, 2).repeat_interleave(16, 3)


def features(pictures: Tensor) -> Tensor:
    return nn.functional.adaptive_avg_pool2d(pictures, 2).flatten(1).double()


class Given(nn.Module):
    """Hands torchmetrics features."""

    num_features = 12

    def forward(self, found: Tensor) -> Tensor:
        return found


@pytest.mark.parametrize("count", [8, 40])  # fewer images than features, and more
def test_the_distance_is_torchmetrics_and_scipy_s(count: int) -> None:
    from torchmetrics.image.fid import FrechetInceptionDistance

    linalg = pytest.importorskip("scipy.linalg")
    one, two = features(images(count, 0)), features(images(count, 1, 0.2)) * 1.5
    found = frechet_distance(one, two)
    theirs = FrechetInceptionDistance(Given()).set_dtype(torch.float64)
    theirs.update(two, real=True)
    theirs.update(one, real=False)
    assert found == pytest.approx(float(theirs.compute()), rel=1e-5)
    first, second = (np.cov(each.numpy(), rowvar=False) for each in (one, two))
    shift = float((one.mean(0) - two.mean(0)).square().sum())
    product = linalg.sqrtm(first @ second).real
    assert found == pytest.approx(shift + np.trace(first + second - 2 * product), rel=1e-5)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-12)


def scored(metric: DistributionMetric, generated: Tensor, real: Tensor) -> DistributionMetric:
    for one, two in zip(generated, real, strict=True):
        metric.update(one[None], two[None], two[None].flip(-1))
    metric.compute()
    return metric


def test_rows_and_what_they_depend_on() -> None:
    generated, real = images(10, 0), images(10, 1, 0.1)
    rows = scored(Fid("a", "w2", SIZE), generated, real).compute()
    assert list(rows) == ["model", "real, other half", "copy the input"]
    truth = features(real)
    assert rows["model"] == {
        "fid_a": pytest.approx(frechet_distance(features(generated), truth), abs=1e-5),
        "images": 10,
        "real_images": 10,
        "resize_clean": SIZE,
    }
    half = frechet_distance(truth[::2], truth[1::2])
    assert rows["real, other half"]["fid_a"] == pytest.approx(half, abs=1e-5)
    assert rows["real, other half"]["images"] == 5
    assert Fid().score_name("fid") == "fid_efficientnet_lite0"
    assert Fid("inception", "hub").size == 299
    assert Fid().higher_is_better("fid_efficientnet_lite0") is False


def test_intervals_are_around_their_figures() -> None:
    metric = scored(Fid("a", "w2", SIZE), images(12, 0), images(12, 1, 0.1))
    rows, intervals = metric.compute(), metric.intervals()
    assert set(rows) == set(intervals)
    for row, ends in intervals.items():
        assert list(ends) == ["fid_a"]
        assert ends["fid_a"][0] < rows[row]["fid_a"] < ends["fid_a"][1]
    few = scored(Fid("a", "w2", SIZE), images(3, 0), images(3, 1))
    assert math.isnan(few.compute()["model"]["fid_a"])
    assert few.intervals()["model"] == {}


@pytest.mark.case("A2")
def test_different_numbers_are_torchmetrics_own() -> None:
    """40 generated images and 9 real ones, each once: it was 40 and the 9 over and over."""
    from torchmetrics.image.fid import FrechetInceptionDistance

    generated, real = images(40, 0), images(9, 1, 0.1)
    metric = Fid("a", "w2", SIZE)
    for index, image in enumerate(generated):
        metric.update(image[None], real[index][None] if index < 9 else None, image[None].flip(-1))
    rows, intervals = metric.compute(), metric.intervals()
    theirs = FrechetInceptionDistance(Given()).set_dtype(torch.float64)
    theirs.update(features(real), real=True)
    theirs.update(features(generated), real=False)
    assert rows["model"] == {
        "fid_a": pytest.approx(float(theirs.compute()), rel=1e-4),
        "images": 40,
        "real_images": 9,
        "resize_clean": SIZE,
    }
    half = frechet_distance(features(real)[::2], features(real)[1::2])
    assert rows["real, other half"] == {
        "fid_a": pytest.approx(half, rel=1e-4),
        "images": 5,
        "real_images": 4,
        "resize_clean": SIZE,
    }
    assert rows["copy the input"]["images"] == 40
    for row, ends in intervals.items():
        assert ends["fid_a"][0] < rows[row]["fid_a"] < ends["fid_a"][1]


@pytest.mark.case("A2")
def test_precision_and_recall_of_different_numbers() -> None:
    """On a line, k = 1; real balls: 0 ± 1, 1 ± 1, 5 ± 4; generated: 0.5 ± 2, 2.5 ± 2."""
    metric = PrecisionRecall("a", "w2", SIZE, neighbours=1)
    found = metric.measure("model", line(0.5, 2.5), line(0, 1, 5))
    assert found["precision_a"] == 1  # 2.5 is in the ball around 5
    assert found["recall_a"] == pytest.approx(2 / 3)  # 5 is 2.5 away from the nearest
    assert (found["images"], found["real_images"]) == (2, 3)


def test_real_images_are_looked_at_once(own_cache: Path) -> None:
    real = images(6, 1)
    first = scored(Fid("a", "w2", SIZE), images(6, 0), real).compute()
    assert Counted.looked == 18
    # Others generated, and another metric; 6 that are new.
    again = scored(Kid("a", "w2", SIZE, 2, 2), images(6, 5), real)
    assert Counted.looked == 18 + 6
    assert again.stacked()["real, other half"].equal(features(real).float().double())
    assert scored(Fid("a", "w2", SIZE), images(6, 0), real).compute() == first
    [folder] = (own_cache / "features").iterdir()
    assert folder.name.startswith("a-32-")
    # The set has grown: only what is new of it.
    before = Counted.looked
    scored(Fid("a", "w2", SIZE), images(7, 3), torch.cat([real, images(1, 9)]))
    assert Counted.looked == before + 7 + 2


@pytest.mark.parametrize("changed", ["pixels", "weights", "size", "backbone"])
def test_what_they_depend_on_has_changed(changed: str) -> None:
    scored(Fid("a", "w2", SIZE), images(4, 0), images(4, 1))
    before = Counted.looked
    size = 64 if changed == "size" else SIZE
    metric = Fid("b" if changed == "backbone" else "a", "w" if changed == "weights" else "w2", size)
    real = images(4, 1) + (1e-3 if changed == "pixels" else 0.0)
    scored(metric, images(4, 0), real)
    assert Counted.looked == before + 12


def test_a_broken_file_is_done_again_and_a_full_disk_done_without(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = scored(Fid("a", "w2", SIZE), images(4, 0), images(4, 1)).compute()
    for file in own_cache.rglob("*.safetensors"):
        file.write_bytes(b"broken")
    assert scored(Fid("a", "w2", SIZE), images(4, 0), images(4, 1)).compute() == wanted
    nowhere = own_cache / "file"
    nowhere.write_text("")
    monkeypatch.setenv("GANZOO_CACHE", str(nowhere))
    assert scored(Fid("a", "w2", SIZE), images(4, 0), images(4, 1)).compute() == wanted


def test_several_metrics_of_a_sample_look_once() -> None:
    generated, real = images(6, 0), images(6, 1)
    both = [Fid("a", "w2", SIZE), Kid("a", "w2", SIZE, 2, 2), PrecisionRecall("a", "w2", SIZE)]
    for one, two in zip(generated, real, strict=True):
        for metric in both:
            metric.update(one[None], two[None])
    assert Counted.looked == 12


def line(*points: float) -> Tensor:
    return torch.tensor(points, dtype=torch.float64)[:, None]


def test_precision_and_recall_counted_by_hand() -> None:
    """On a line, k = 1. Real balls: 0 ± 1, 1 ± 1, 2 ± 1, 10 ± 8; generated: as below."""
    metric = PrecisionRecall("a", "w2", SIZE, neighbours=1)
    real = line(0, 1, 2, 10)
    generated = line(-1.5, 0.5, 3.5, 19)  # balls: ± 2, ± 2, ± 3, ± 15.5
    figures = metric.measure("model", generated, real)
    assert figures == {
        # -1.5 and 19 are outside of all; 0.5 is in the first, 3.5 in the last
        "precision_a": 2 / 4,
        # 0, 1, 2 are in the ball of 0.5; 10 in that of 19
        "recall_a": 4 / 4,
        "images": 4,
        "real_images": 4,
        "neighbours": 1,
        "resize_clean": SIZE,
    }
    # With k = 2 real balls reach 2, 1, 2, 9, so that -1.5 and 19 are inside too.
    wider = PrecisionRecall("a", "w2", SIZE, neighbours=2).measure("model", generated, real)
    assert wider["precision_a"] == 1


def test_precision_and_recall_in_a_plane() -> None:
    """Ball by ball, in plain loops."""
    rng = np.random.default_rng(2)
    generated, real = (rng.normal(m, s, (15, 2)) for m, s in ((0.3, 1.2), (0.0, 0.8)))

    def share(of: np.ndarray, manifold: np.ndarray) -> float:
        reach = [sorted(np.linalg.norm(manifold - p, axis=1))[3] for p in manifold]
        near = [
            any(np.linalg.norm(p - q) <= r for q, r in zip(manifold, reach, strict=True))
            for p in of
        ]
        return float(np.mean(near))

    metric = PrecisionRecall("a", "w2", SIZE)
    found = metric.measure("model", torch.from_numpy(generated), torch.from_numpy(real))
    assert found["precision_a"] == pytest.approx(share(generated, real))
    assert found["recall_a"] == pytest.approx(share(real, generated))
    assert 0 < found["precision_a"] < found["recall_a"]


def test_a_crowd_of_one_picture_has_precision_and_no_recall() -> None:
    real = images(20, 1)
    rows = scored(PrecisionRecall("a", "w2", SIZE), real[:1].expand(20, -1, -1, -1), real).compute()
    assert rows["model"]["precision_a"] == 1
    assert rows["model"]["recall_a"] == pytest.approx(1 / 20)
    for ends in scored(PrecisionRecall("a", "w2", SIZE), images(20, 0), real).intervals().values():
        assert all(0 <= low <= high <= 1 for low, high in ends.values())
    few = scored(PrecisionRecall("a", "w2", SIZE), images(3, 0), images(3, 1)).compute()
    assert math.isnan(few["model"]["precision_a"])


def test_refusals() -> None:
    for make, message in (
        (lambda: Fid(size=16), "size must be at least 32"),
        (lambda: Kid("inception", "hub", 224), "takes images of 299 px"),
        (lambda: PrecisionRecall(neighbours=0), "neighbours must be at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
    with pytest.raises(ValueError, match="fid needs"):
        Fid("a", "w2", SIZE).update(torch.zeros(1, 2, 8, 8), torch.zeros(1, 3, 8, 8))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random ones, in the form in which torch-fidelity publishes the trained ones."""
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")

    class Random(module.FeatureExtractorInceptionV3):  # type: ignore[misc, name-defined]
        def load_state_dict(self, *_: object) -> None:
            """None yet."""

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("inception") / "random-00000000.pth"
    torch.save(Random("inception-v3-compat", ["2048"], nothing).state_dict(), path)
    return path


def test_inception_is_that_of_publications(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torchmetrics' own, on the same weights and 8-bit images; and nothing is downloaded."""
    from torchmetrics.image.fid import NoTrainInceptionV3

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nobody asked for the network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    levels = torch.randint(0, 256, (2, 3, 40, 60), dtype=torch.uint8)
    theirs = NoTrainInceptionV3("inception-v3-compat", ["2048"], str(weights), antialias=False)
    metric = Fid("inception", str(weights))
    for image in levels / 127.5 - 1:
        metric.update(image[None], image[None])
    found = metric.stacked()["model"]
    torch.testing.assert_close(found.float(), theirs(levels), rtol=1e-4, atol=1e-5)
    assert metric.score_name("fid") == "fid_inception"


def test_inception_s_weights(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ganzoo.components.networks import inception

    with pytest.raises(ValueError, match='are in no package: set weights = "hub"'):
        inception.Inception("wheel")
    small = tmp_path / "small.pth"
    torch.save({"a": torch.zeros(1)}, small)
    with pytest.raises(ModelError, match="do not fit"):
        inception.Inception(str(small))
    with pytest.raises(ModelError, match=r"none\.pth"):
        inception.Inception(str(tmp_path / "none.pth"))
    asked = []
    monkeypatch.setattr(inception, "fetched", lambda url: asked.append(url) or small)
    with pytest.raises(ModelError, match="do not fit"):
        inception.Inception("hub")
    assert asked == [inception.URL]


def test_a_download_is_made_once_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    asked = []

    def download(url: str, place: str, digest: str, progress: bool) -> None:
        asked.append((url, digest))
        Path(place).write_bytes(b"weights")

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    url = "https://example.org/some-net-0123abcd.pth"
    assert stored.fetched(url).read_bytes() == b"weights"
    assert stored.fetched(url) == tmp_path / "checkpoints" / "some-net-0123abcd.pth"
    assert asked == [(url, "0123abcd")]

    def fail(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(ValueError, match=r"other\.pth cannot be fetched \(no network\)"):
        stored.fetched("https://example.org/other.pth")
