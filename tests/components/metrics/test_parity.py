"""Scores of saved images against torch-fidelity, clean-fid and lpips, on the same folders.

The folders are drawn from seeds: JPEG and PNG, gray and colour, 32 to 256 px. The networks have
random weights, the same file for both sides, since the trained ones are in no package.
"""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganzoo.components.metrics.fid import Fid, frechet_distance
from ganzoo.components.metrics.inception_score import InceptionScore, inception_score
from ganzoo.components.metrics.kid import draw_published, kernel_distance
from ganzoo.components.metrics.mind import sliced_distance
from ganzoo.components.metrics.precision_recall import PrecisionRecall
from ganzoo.components.networks.inception import Inception
from ganzoo.components.networks.square_resize import resize_to_square
from ganzoo.evaluation.saved_images import evaluate_folders

ROOT = Path(__file__).parents[3]
SIZES = [(32, 32), (64, 48), (256, 256), (70, 128)]
Folders = tuple[Path, Path]


@pytest.fixture(scope="module")
def module() -> Iterator[Callable[[str], ModuleType]]:
    """A module of benchmarks/, which makes the table of docs/evaluation.md."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, module: Any) -> Path:
    pytest.importorskip("torch_fidelity", minversion="0.4")
    path: Path = tmp_path_factory.mktemp("inception") / "random.pth"
    module("random_inception").write_random_inception(path)
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, module: Any) -> Folders:
    """REAL and FAKE: 12 and 10 images, some gray, some JPEG."""
    draw, root = module("drawn_folders").draw_folder, tmp_path_factory.mktemp("folders")
    for name, count, cells in (("real", 12, 5), ("fake", 10, 7)):
        for mode, suffix in (("RGB", "png"), ("L", "jpg"), ("L", "png"), ("RGB", "jpg")):
            draw(root / mode / suffix / name, count // 4 + 1, SIZES, mode, suffix, cells)
        folder = root / name
        folder.mkdir()
        drawn = sorted(root.glob(f"*/*/{name}/*"))
        for place, path in enumerate(drawn[:count]):
            path.rename(folder / f"{place:02}{path.suffix}")
    return root / "real", root / "fake"


def evaluated(
    folders: Folders, weights: Path, metrics: list[str], settings: list[str]
) -> dict[str, float]:
    """All scores of the model's rows."""
    overrides = [f"metrics.{name}.weights={json.dumps(str(weights))}" for name in metrics]
    backbones = [n for n in metrics if n not in ("inception_score", "lpips")]
    overrides += [f"metrics.{name}.backbone=inception" for name in backbones]
    found = evaluate_folders(
        *folders, metrics=metrics, overrides=[*overrides, *settings], tell=lambda text: None
    )
    return {name: v for rows in found.scores.values() for name, v in rows["model"].items()}


def test_torch_fidelity_has_the_same_scores(folders: Folders, weights: Path, module: Any) -> None:
    """The whole way: files, resize, network, arithmetic; KID in the same random subsets of 4."""
    theirs = module("second_opinions").score_by_torch_fidelity(
        *folders, weights, subset_size=4, batch_size=1, isc_splits=2, prc_neighborhood=1
    )
    ours = evaluated(
        folders,
        weights,
        ["fid", "kid", "precision_recall", "inception_score"],
        [
            "metrics.kid.protocol=published",
            "metrics.kid.subset_size=4",
            "metrics.inception_score.splits=2",
            "metrics.precision_recall.neighbours=1",
        ],
    )
    assert ours["fid_inception"] == pytest.approx(theirs["FID"], abs=1e-3)
    assert ours["kid_inception"] == pytest.approx(theirs["KID"], abs=1e-5)  # theirs is float32
    assert ours["precision_inception"] == pytest.approx(theirs["precision"], abs=1e-6)
    assert ours["recall_inception"] == pytest.approx(theirs["recall"], abs=1e-6)
    assert ours["inception_score"] == pytest.approx(theirs["IS"], abs=1e-5)
    assert ours["resize_tensorflow"] == 299
    # Not equal because all is 0: the two folders differ, and classes are seen.
    assert theirs["FID"] > 10
    assert abs(theirs["KID"]) > 0.01
    assert theirs["IS"] > 1.05
    assert 0 < theirs["precision"] + theirs["recall"] < 2


@pytest.mark.parametrize(
    ("resize_mode", "theirs"), [("clean", "clean"), ("pytorch", "legacy_pytorch")]
)
def test_clean_fid_sees_the_same_features(
    folders: Folders, weights: Path, module: Any, resize_mode: Any, theirs: str
) -> None:
    fid = pytest.importorskip("cleanfid.fid")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a former name of an option of torchvision
        network = module("second_opinions").clean_fid_network(weights, theirs)
    metric = Fid("inception", str(weights), resize_mode=resize_mode)
    files = [sorted(folder.iterdir())[:6] for folder in folders]
    seen = [
        fid.get_files_features(
            each,
            network,
            num_workers=0,
            batch_size=1,
            device=torch.device("cpu"),
            mode=theirs,
            verbose=False,
        )
        for each in files
    ]
    for real, fake in zip(*files, strict=True):
        metric.update(read(fake), read(real))
    ours = metric.stacked()
    own = [ours["real, other half"], ours["model"]]
    for one, two in zip(own, seen, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)
    # The whole of the arithmetic is compared below; here the first features, which takes no time.
    few = [each[:, :100] for each in own]
    distance = fid.fid_from_feats(*(each[:, :100] for each in seen))
    assert frechet_distance(*few) == pytest.approx(distance, abs=1e-3)
    assert metric.score_name("fid") == f"fid_inception_{resize_mode}"
    assert metric.compute()["model"][f"resize_{resize_mode}"] == 299


def read(path: Path) -> Tensor:
    pixels = np.array(Image.open(path).convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1


def features(count: int, seed: int, shift: float = 0.0) -> Tensor:
    """(count, 24), as double, of spreads that differ."""
    rng = torch.Generator().manual_seed(seed)
    spread = torch.linspace(0.2, 1.5, 24)
    return (torch.randn(count, 24, generator=rng) * spread + shift).relu().double()


@pytest.mark.parametrize(("count", "real_count"), [(60, 60), (40, 75), (90, 16)])
def test_the_arithmetic_is_theirs(count: int, real_count: int) -> None:
    """On the same features, to the last digits; KID of equal subsets and of all images."""
    clean = pytest.importorskip("cleanfid.fid")
    theirs = {
        name: pytest.importorskip(f"torch_fidelity.metric_{name}") for name in ("fid", "kid", "prc")
    }
    one, two = features(count, 0, 0.1), features(real_count, 1)
    quiet = {"verbose": False, "save_cpu_ram": False}

    distance = theirs["fid"].fid_statistics_to_metric(
        *(theirs["fid"].fid_features_to_statistics(each) for each in (one, two)), verbose=False
    )["frechet_inception_distance"]
    assert frechet_distance(one, two) == pytest.approx(distance, abs=1e-6)
    assert frechet_distance(one, two) == pytest.approx(
        clean.fid_from_feats(one.numpy(), two.numpy()), abs=1e-6
    )

    for size in (10, min(count, real_count)):
        kid = theirs["kid"].kid_features_to_metric(
            one, two, kid_subset_size=size, kid_subsets=7, **quiet
        )
        mean, std = kernel_distance(one, two, draw_published(count, real_count, size, 7))
        assert mean == pytest.approx(kid["kernel_inception_distance_mean"], abs=1e-12)
        assert std == pytest.approx(kid["kernel_inception_distance_std"], abs=1e-12)
    if count == real_count:
        of_all = clean.kernel_distance(one.numpy(), two.numpy(), 1, count)
        assert mean == pytest.approx(of_all, abs=1e-12)

    shares = theirs["prc"].prc_features_to_metric(one, two, prc_neighborhood=3, **quiet)
    metric = PrecisionRecall("a", "none", neighbours=3).measure("model", one, two)
    assert metric["precision_a_untrained"] == pytest.approx(shares["precision"], abs=1e-6)
    assert metric["recall_a_untrained"] == pytest.approx(shares["recall"], abs=1e-6)


@pytest.mark.parametrize(("count", "splits"), [(10, 10), (57, 10), (40, 1)])
def test_the_inception_score_is_theirs(count: int, splits: int) -> None:
    theirs = pytest.importorskip("torch_fidelity.metric_isc")
    logits = 3 * features(count, 4)
    found = theirs.isc_features_to_metric(logits, splits)
    mean, std = inception_score(logits, splits)
    assert mean == pytest.approx(found["inception_score_mean"], abs=1e-12)
    assert std == pytest.approx(found["inception_score_std"], abs=1e-12)


def test_the_inception_score_by_hand() -> None:
    """Each image surely of a class of its own: as many as there are; all unsure: 1."""
    sure = torch.eye(5).double() * 1e4
    assert inception_score(sure, 1)[0] == pytest.approx(5)
    assert inception_score(torch.zeros(6, 5).double(), 2) == (pytest.approx(1), pytest.approx(0))
    with pytest.raises(ValueError, match="splits must be at least 1"):
        InceptionScore("hub", splits=0)


def test_mind_on_a_line_is_three_times_the_transport() -> None:
    """In one dimension every direction is the line itself: E (sorted one - sorted two)² · 3."""
    one, two = torch.tensor([[3.0], [0], [1]]).double(), torch.tensor([[2.0], [5], [1]]).double()
    assert sliced_distance(one, two, 20) == pytest.approx(3 * (1 + 1 + 4) / 3)
    assert sliced_distance(one, one[[2, 0, 1]], 20) == 0


@pytest.mark.parametrize(("count", "real_count"), [(30, 30), (20, 50), (50, 20)])
def test_mind_is_torch_fidelity_s(count: int, real_count: int) -> None:
    """It came after 0.4.0."""
    theirs = pytest.importorskip("torch_fidelity.metric_mind")
    one, two = features(count, 0, 0.2), features(real_count, 1)
    found = theirs.mind_features_to_metric(
        one, two, mind_num_projections=200, cuda=False, rng_seed=2020, verbose=False
    )
    wanted = found["monge_inception_distance"]
    assert sliced_distance(one, two, 200) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("net", ["alex", "squeeze"])
def test_lpips_is_its_authors_s(folders: Folders, tmp_path: Path, module: Any, net: str) -> None:
    """Their package with its own learnt weights; the networks' are random, of one file."""
    pytest.importorskip("lpips")
    models = pytest.importorskip("torchvision.models")
    from ganzoo.components.metrics.lpips import NETWORKS, Lpips

    torch.manual_seed(0)
    path = tmp_path / "random.pth"
    torch.save(getattr(models, NETWORKS[net][0])(weights=None).state_dict(), path)
    theirs, ours = module("second_opinions").lpips_network(path, net), Lpips(str(path), net)
    images = [read(path) for path in sorted(folders[0].iterdir())[:6]]
    pairs = [(a, b) for a in images for b in images if a.shape == b.shape and a is not b][:3]
    assert pairs
    for one, two in pairs:
        ours.update(one, two)
    with torch.no_grad():
        wanted = [float(theirs(one, two)) for one, two in pairs]
    assert ours.sample_scores()[f"lpips_{net}"] == pytest.approx(wanted, rel=1e-4)
    assert min(wanted) > 1e-4


@pytest.mark.parametrize("size", [(299, 299), (40, 70), (333, 301)])
def test_resizes_are_the_tools_own(size: tuple[int, int]) -> None:
    """Bit for bit as torch-fidelity and pytorch-fid; as Pillow to a thousandth of a level."""
    theirs = pytest.importorskip("torch_fidelity.interpolate_compat_tensorflow")
    build = pytest.importorskip("cleanfid.resize").build_resizer
    levels = torch.randint(0, 256, (2, 3, *size), generator=torch.Generator().manual_seed(0))
    wanted = theirs.interpolate_bilinear_2d_like_tensorflow1x(
        levels.float(), size=(299, 299), align_corners=False
    )
    assert torch.equal(resize_to_square(levels.float(), 299, "tensorflow", (0, 255)), wanted)
    for mode, name in (("pytorch", "legacy_pytorch"), ("clean", "clean")):
        image = build(name)(levels[0].permute(1, 2, 0).to(torch.uint8).numpy())
        values = levels.double() if mode == "clean" else levels.float()
        found = resize_to_square(values, 299, mode, (0, 255))[0]  # type: ignore[arg-type]
        assert torch.allclose(found.float(), torch.from_numpy(image.transpose(2, 0, 1)), atol=1e-3)


def test_a_wrong_resize_is_refused_and_weights_decide(weights: Path) -> None:
    with pytest.raises(ValueError, match="there is no resize_mode 'lanczos': use clean"):
        Fid(resize_mode="lanczos")  # type: ignore[arg-type]
    image = torch.zeros(1, 3, 40, 60)
    image[..., ::3] = 1
    modes = ("clean", "tensorflow", "pytorch")
    seen = [Inception(str(weights), mode)(image) for mode in modes]  # type: ignore[arg-type]
    assert all(not torch.allclose(seen[0], other, atol=1e-3) for other in seen[1:])


def test_the_same_folder_twice(folders: Folders, tmp_path: Path) -> None:
    """FID 0, and a sentence: by pixels, so that other names and another format hide nothing."""
    real = tmp_path / "real"
    real.mkdir()
    for path in sorted(folders[0].iterdir())[:6]:
        Image.open(path).save(real / f"{path.stem}.png")
    again = tmp_path / "again"
    again.mkdir()
    for path in real.iterdir():
        Image.open(path).save(again / f"other-{path.stem}.bmp")
    settings = [f"metrics.{name}.{what}" for name in ("fid", "mind") for what in SMALL]

    def compare(fake: Path) -> Any:
        return evaluate_folders(
            real, fake, metrics=["fid", "mind"], overrides=settings, tell=lambda text: None
        )

    found = compare(again)
    assert found.scores["fid"]["model"]["fid_resnet10t_untrained"] == pytest.approx(0, abs=1e-6)
    assert found.scores["mind"]["model"]["mind_resnet10t_untrained"] == 0
    assert "hold the same images, pixel by pixel" in found.headline
    assert found.as_json()["same"] is True
    Image.new("RGB", (40, 40)).save(again / "more.png")
    other = compare(again)
    assert other.scores["fid"]["model"]["fid_resnet10t_untrained"] > 1e-6
    assert "same images" not in other.headline
    assert other.as_json()["counts"] == {"real": 6, "fake": 7}


SMALL = ("backbone=resnet10t", "weights=none", "size=32")
