"""Fingerprints of folders whose facts are known, as they were drawn so."""

from __future__ import annotations

import shutil
from functools import partial

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from ganzoo.components.data.choosing import choose
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.metrics.quick_kid import QuickKid
from ganzoo.errors import DataError
from ganzoo.interfaces.rule import Wishes
from ganzoo.planning import bounded_reading, machine_facts
from ganzoo.planning.fingerprint_file import as_json
from ganzoo.planning.fingerprinting import take_fingerprint

SIDE = 48


def scene(number, side=SIDE):
    """A smooth random picture (H, W, 3) of levels within 60 ... 190."""
    rng = np.random.default_rng(number)
    coarse = Image.fromarray(rng.integers(60, 191, (6, 6, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((side, side), Image.Resampling.BILINEAR))


def save(pixels, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path)


def draw(folder, numbers, change=lambda pixels: pixels):
    for place, number in enumerate(numbers):
        save(change(scene(number)), folder / f"{place:03}.png")
    return folder


def take(*folders, pairs=None):
    return take_fingerprint(folders, Wishes(pairs=pairs), lambda *_: None)


def prepare(data):
    """The data set that these settings make."""
    kinds = {"folders": Folders, "paired_folders": PairedFolders}
    settings = {**data, "size": 16}
    dataset = kinds[settings.pop("type")](**settings)
    dataset.prepare()
    return dataset


@pytest.fixture
def halves(tmp_path):
    """Two halves of one domain, in folders with nothing in common but their parent."""
    x = draw(tmp_path / "one" / "photos", range(40))
    return x, draw(tmp_path / "other", range(40, 80))


def test_halves_of_one_domain_are_equal_kinds_of_images(halves):
    facts = take(*halves)
    assert facts.layout == "domains"
    assert abs(facts.gap.separation - 0.5) < 0.15
    assert facts.gap.colour_distance < 0.03
    assert facts.gap.structure_distance < 0.03
    assert max(map(abs, facts.gap.copy_kid)) < 0.01


def test_a_shift_of_all_colours_is_their_distance(tmp_path):
    x = draw(tmp_path / "x", range(20))
    y = draw(tmp_path / "y", range(20), lambda pixels: pixels + 51)
    facts = take(x, y, pairs=False)
    assert facts.gap.colour_distance == pytest.approx(51 / 255, abs=1e-3)
    assert facts.gap.structure_distance < 0.01


def test_an_empty_folder_is_refused(halves, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no images of y in"):
        take(halves[0], tmp_path / "empty")
    (tmp_path / "empty" / "broken.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"no image of y in .* can be read: .*broken\.png"):
        take(halves[0], tmp_path / "empty")


def test_two_folders_are_read_from_where_they_are(halves):
    x, y = halves
    data = take(x, y).data
    assert data == {"type": "folders", "root": data["root"], "x": "one/photos", "y": "other"}
    dataset = prepare(data)
    assert len(dataset) == 40
    assert dataset.trained_on() == {"x", "y"}


def test_strange_test_folders_beside_them_are_not_taken(halves, tmp_path):
    draw(tmp_path / "testA", range(300, 310))
    dataset = prepare(take(*halves).data)
    assert len(dataset) == 40
    assert dataset.trained_on() == {"x", "y"}


@pytest.mark.parametrize(
    ("x", "y", "tests"),
    [
        ("trainB", "trainA", ("testB", "testA")),
        ("train/cats", "train/dogs", ("val/cats", "val/dogs")),
    ],
)
def test_test_folders_follow_from_names(tmp_path, x, y, tests):
    for place, name in enumerate((x, y, *tests)):
        draw(tmp_path / name, range(20 * place, 20 * place + 12))
    facts = take(tmp_path / x, tmp_path / y)
    assert (facts.data["test_x"], facts.data["test_y"]) == tests
    assert (facts.x.held_out, facts.y.held_out) == (12, 12)


def test_folders_that_hold_train_and_test_themselves(tmp_path):
    for place, name in enumerate(("a/train", "a/test", "b/train", "b/val")):
        draw(tmp_path / name, range(20 * place, 20 * place + 11))
    facts = take(tmp_path / "a", tmp_path / "b")
    settings = {key: facts.data[key] for key in ("x", "y", "test_x", "test_y")}
    assert settings == {"x": "a/train", "y": "b/train", "test_x": "a/test", "test_y": "b/val"}
    assert (facts.x.images, facts.x.held_out) == (11, 11)


def test_one_folder_is_read_as_data_chooses(tmp_path):
    draw(tmp_path / "cartoons", range(10))
    draw(tmp_path / "photos", range(10, 25))
    facts = take(tmp_path)
    assert facts.data == choose(tmp_path, "domains").settings
    assert (facts.x.images, facts.y.images) == (10, 15)
    with pytest.raises(DataError, match="give two folders"):
        take(tmp_path / "photos")


def test_folders_that_are_no_two_domains_are_refused(halves, tmp_path):
    x, _ = halves
    with pytest.raises(DataError, match="given for both"):
        take(x, tmp_path / "other" / ".." / "one" / "photos")
    with pytest.raises(DataError, match="lies in"):
        take(x.parent, x)
    with pytest.raises(DataError, match="does not exist"):
        take(x, tmp_path / "nowhere")


def invert(pixels):
    """Another look at the same scene: colours swapped and reversed."""
    return 255 - pixels[..., ::-1]


def test_pairs_are_recognised_by_names_and_outlines(tmp_path):
    x = draw(tmp_path / "x", range(24))
    facts = take(x, draw(tmp_path / "y", range(24), invert))
    assert facts.layout == "pairs"
    assert (facts.data["type"], facts.data["layout"]) == ("paired_folders", "folders")
    assert facts.gap.correlation > 0.5
    assert len(prepare(facts.data)) == 24


def test_shuffled_pairs_are_none(tmp_path):
    x = draw(tmp_path / "x", range(24))
    shuffled = np.random.default_rng(1).permutation(24)
    facts = take(x, draw(tmp_path / "y", shuffled, invert))
    assert facts.layout == "domains"
    assert facts.gap.equal_names == 1
    assert abs(facts.gap.correlation) < 0.1


def test_pairs_with_gaps(tmp_path):
    x = draw(tmp_path / "x", range(24))
    y = draw(tmp_path / "y", range(24), invert)
    (y / "007.png").unlink()
    facts = take(x, y)
    assert facts.layout == "domains"
    assert facts.gap.equal_names == 1
    assert facts.gap.correlation > 0.5
    with pytest.raises(DataError, match=r"--pairs: /.*007\.png has no partner .*1 of 24 names"):
        take(x, y, pairs=True)


def test_pairs_side_by_side(tmp_path):
    for number in range(12):
        both = np.concatenate([scene(number), invert(scene(number))], 1)
        save(both, tmp_path / "train" / f"{number}.png")
    facts = take(tmp_path)
    assert facts.layout == "halves"
    assert facts.data["layout"] == "side_by_side"
    assert facts.x.median == facts.y.median == (SIDE, SIDE)
    assert facts.gap.colour_distance > 0
    with pytest.raises(DataError, match="side by side"):
        take(tmp_path, pairs=False)


def test_broken_pairs_side_by_side(tmp_path):
    """Their headers tell that they are twice as wide as high."""
    for number in range(4):
        path = tmp_path / "train" / f"{number}.jpg"
        save(np.concatenate([scene(number), scene(number)], 1), path)
        path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(DataError, match=r"no image of x in .*train can be read: .*0\.jpg"):
        take(tmp_path)


def labels(pixels):
    """Four flat colours, each a channel's own."""
    palette = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    return palette[pixels.argmax(-1) + (pixels.max(-1) > 120)]


def test_label_maps_have_few_colours_in_flat_areas(tmp_path):
    x = draw(tmp_path / "x", range(20))
    facts = take(x, draw(tmp_path / "y", range(20, 40), labels))
    assert (facts.x.label_map, facts.y.label_map) == (False, True)
    assert facts.y.colours <= 4
    assert facts.gap.separation > 0.95


@pytest.mark.parametrize("shift", [0, 4])
def test_twelve_bits_in_sixteen(tmp_path, shift):
    """Whether they lie at the lower or at the upper end."""

    def deepen(pixels):
        return (pixels[..., 0].astype(np.uint16) - 60) * 31 << shift

    x = draw(tmp_path / "x", range(20), deepen)
    facts = take(x, draw(tmp_path / "y", range(20, 40)))
    assert (facts.x.dtype, facts.x.bits, facts.x.kind) == ("uint16", 12, "gray")
    assert facts.x.range == (None if shift else (0, 4095))
    stored = np.stack([np.asarray(Image.open(path)) for path in x.iterdir()])
    assert facts.x.values == (stored.min(), stored.max())
    assert facts.x.used == pytest.approx((stored.max() - stored.min()) / 65535, abs=1e-4)


def test_values_of_an_unknown_range(tmp_path):
    x = tmp_path / "x"
    x.mkdir()
    for number in range(12):
        values = scene(number)[..., 0].astype(np.int16) * 10 - 1000
        tifffile.imwrite(x / f"{number}.tif", values)
    facts = take(x, draw(tmp_path / "y", range(20, 40)))
    assert facts.x.range == facts.x.values
    assert (facts.x.bits, facts.kinds["no_range"]) == (16, 12)


def test_broken_files_duplicates_and_leaks_are_counted(tmp_path):
    x = draw(tmp_path / "trainA", range(30))
    y = draw(tmp_path / "trainB", range(30, 60), invert)
    draw(tmp_path / "testA", range(60, 70))
    draw(tmp_path / "testB", range(70, 80), invert)
    (x / "broken.png").write_bytes((x / "000.png").read_bytes()[:200])
    for name in ("again", "third"):
        shutil.copy(x / "001.png", x / f"{name}.png")
    Image.open(y / "002.png").save(y / "again.jpg", quality=60)
    shutil.copy(x / "003.png", tmp_path / "testA" / "seen.png")
    shutil.copy(y / "004.png", x / "astray.png")
    facts = take(tmp_path)
    assert (facts.x.images, facts.x.held_out, facts.x.unreadable) == (33, 11, 1)
    assert (facts.x.duplicates, facts.x.near_duplicates) == (2, 0)
    assert (facts.y.duplicates, facts.y.near_duplicates) == (0, 1)
    assert (facts.gap.leaked, facts.gap.shared) == (1, 1)
    assert facts.kinds["unreadable"] == 1


def test_swapped_test_folders(tmp_path):
    for name, numbers, change in (
        ("trainA", range(30), np.asarray),
        ("trainB", range(30, 60), labels),
        ("testA", range(60, 70), labels),
        ("testB", range(70, 80), np.asarray),
    ):
        draw(tmp_path / name, numbers, change)
    assert take(tmp_path).gap.swapped
    (tmp_path / "testA").rename(tmp_path / "other")
    (tmp_path / "testB").rename(tmp_path / "testA")
    (tmp_path / "other").rename(tmp_path / "testB")
    assert not take(tmp_path).gap.swapped


def test_gray_and_coloured_images_in_one_folder(tmp_path):
    x = draw(tmp_path / "x", range(12), lambda pixels: pixels[..., 0])
    draw(x / "colour", range(12, 19))
    y = draw(tmp_path / "y", range(20, 40))
    facts = take(x, y)
    assert (facts.x.kind, facts.x.channels) == ("gray", 1)
    assert facts.kinds["mixed_colours"] == 7
    assert facts.y.saturation > facts.x.saturation > 0
    assert facts.gap.copy_kid[0] != facts.gap.copy_kid[1]


def test_volumes_and_many_bands_are_read(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
    for number in range(12):
        volume = rng.integers(0, 1000, (7, 24, 20), dtype=np.uint16)
        bands = rng.integers(0, 255, (24, 20, 5), dtype=np.uint8)
        how = {"photometric": "minisblack", "planarconfig": "contig"}
        tifffile.imwrite(tmp_path / "x" / f"{number}.tif", volume)
        tifffile.imwrite(tmp_path / "y" / f"{number}.tif", bands, **how)
    facts = take(tmp_path / "x", tmp_path / "y", pairs=False)
    assert (facts.x.pages, facts.x.channels, facts.x.median) == (7, 1, (24, 20))
    assert (facts.y.pages, facts.y.channels, facts.y.kind) == (1, 5, "bands")


def test_single_and_narrow_images(tmp_path):
    x = draw(tmp_path / "x", range(1))
    save(np.arange(5000, dtype=np.uint8).reshape(1, -1), tmp_path / "y" / "line.png")
    facts = take(x, tmp_path / "y")
    assert facts.y.largest == (1, 5000)
    assert facts.y.aspects == (5000, 5000, 5000)
    assert (facts.x.likeness, facts.x.spread, facts.gap.copy_kid) == (1, None, None)
    assert facts.gap.separation == 1


def test_images_of_one_value(tmp_path):
    for name, level in (("x", 0), ("y", 200)):
        for number in range(12):
            save(np.full((20, 20, 3), level, np.uint8), tmp_path / name / f"{number}.png")
    facts = take(tmp_path / "x", tmp_path / "y", pairs=False)
    assert facts.gap.colour_distance == pytest.approx(200 / 255, abs=1e-4)
    assert facts.gap.structure_distance == 0
    assert facts.x.detail["64"] == 1


def test_detail_that_is_lost_when_images_are_reduced(tmp_path):
    """A checkerboard of single pixels is lost at half the side; one of 16 x 16 pixels is not."""
    places = np.indices((128, 128))
    for name, side in (("x", 1), ("y", 16)):
        for number in range(4):
            board = (places // side).sum(0) % 2 * 255
            save(np.roll(board, number, 0).astype(np.uint8), tmp_path / name / f"{number}.png")
    facts = take(tmp_path / "x", tmp_path / "y", pairs=False)
    assert facts.x.detail["128"] == facts.y.detail["128"] == 1
    assert facts.x.detail["64"] == pytest.approx(0, abs=1e-4)
    assert facts.y.detail["64"] > 0.9
    assert facts.gap.structure_distance > 0.2


def test_likeness_is_the_mean_correlation_of_two_images(tmp_path):
    x = draw(tmp_path / "x", range(6))
    facts = take(x, draw(tmp_path / "y", range(10, 16)))
    small = [
        np.asarray(Image.open(path).convert("L").resize((32, 32), Image.Resampling.BOX)).ravel()
        for path in sorted(x.iterdir())
    ]
    correlations = np.corrcoef(np.stack(small))
    assert facts.x.likeness == pytest.approx(correlations[np.triu_indices(6, 1)].mean(), abs=0.01)


def test_brightness_contrast_and_colour_are_no_structure(tmp_path):
    x = draw(tmp_path / "x", range(20))
    change = {
        "other": lambda pixels: (pixels[..., ::-1] * 0.6 + 20).round().astype(np.uint8),
        "noisy": lambda pixels: np.random.default_rng(pixels.sum()).integers(0, 255, pixels.shape),
    }
    near = take(x, draw(tmp_path / "y", range(20, 40), change["other"])).gap
    noise = lambda pixels: change["noisy"](pixels).astype(np.uint8)  # noqa: E731
    far = take(x, draw(tmp_path / "z", range(20, 40), noise)).gap
    assert near.structure_distance < 0.05 < 0.3 < far.structure_distance


def test_the_kid_of_copying_is_quick_kid(tmp_path):
    """As the metric has it, which rounds no levels; so the images have some texture."""

    def roughen(pixels):
        return pixels + np.random.default_rng(pixels.sum()).integers(0, 60, (SIDE, SIDE, 1))

    x = draw(tmp_path / "x", range(12), lambda pixels: roughen(pixels).astype(np.uint8))
    y = draw(tmp_path / "y", range(20, 35), labels)
    copying, _ = take(x, y).gap.copy_kid
    images = [
        torch.stack([read_image(path) for path in sorted(folder.iterdir())]) for folder in (x, y)
    ]
    metric = QuickKid("ganzoo_tiny", size=128)
    metric.update(*(levels.float() / 127.5 - 1 for levels in images))
    score = metric.compute()["model"]["kid_ganzoo_tiny"]
    assert copying == pytest.approx(score, rel=0.02)
    assert score > 0.02


def test_the_same_files_give_the_same_text(halves, tmp_path, monkeypatch):
    """Whatever order and threads they were read in, and in whatever order they lie on the disk."""
    facts = take(*halves)
    assert {*facts.machine.seconds} == {"tiny", "wide"}
    monkeypatch.setattr("ganzoo.inspection.fact_reading.THREADS", 1)
    monkeypatch.setattr("ganzoo.planning.looked_at.THREADS", 5)
    again = []
    for folder, name in zip(halves, ("one/photos", "other"), strict=True):
        copy = tmp_path / "again" / name
        copy.mkdir(parents=True)
        for path in reversed(sorted(folder.iterdir())):
            shutil.copy(path, copy)
        again.append(copy)
    other = as_json(take(*again)).replace(str(tmp_path / "again"), str(tmp_path))
    assert other == as_json(facts)


def test_of_many_images_some_are_decoded(halves, monkeypatch):
    monkeypatch.setattr(bounded_reading, "MOST", 16)
    monkeypatch.setattr(bounded_reading, "LEAST", 8)
    x, y = halves
    (x / "broken.png").write_bytes(b"no image")
    save(scene(7, 200), x / "larger.png")
    facts = take(x, y)
    assert facts.x.looked_at <= 16 == facts.y.looked_at
    assert (facts.x.images, facts.x.unreadable) == (41, 1)
    assert facts.x.largest == (200, 200)
    assert facts == take(x, y)
    assert facts.gap.colour_distance < 0.05


def test_partners_are_decoded_together(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded_reading, "MOST", 12)
    monkeypatch.setattr(bounded_reading, "LEAST", 8)
    x = draw(tmp_path / "x", range(40))
    facts = take(x, draw(tmp_path / "y", range(40), invert))
    assert (facts.layout, facts.x.looked_at) == ("pairs", 12)
    assert facts.gap.correlation > 0.5


def test_large_images_are_decoded_less_often(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded_reading, "WORK", 5.72)
    monkeypatch.setattr(bounded_reading, "LEAST", 1)
    x = tmp_path / "x"
    for number in range(9):
        save(scene(number, 300), x / f"{number}.png")  # each costs 1 + 0.9
    facts = take(x, draw(tmp_path / "y", range(20, 40)))
    assert (facts.x.looked_at, facts.y.looked_at) == (3, 5)


def test_leaks_are_noticed_among_images_that_are_not_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded_reading, "MOST", 5)
    monkeypatch.setattr(bounded_reading, "LEAST", 5)
    draw(tmp_path / "trainA", range(40))
    draw(tmp_path / "trainB", range(40, 80))
    draw(tmp_path / "testA", range(30, 50))
    draw(tmp_path / "testB", range(90, 100))
    shutil.copy(tmp_path / "trainA" / "000.png", tmp_path / "trainB" / "astray.png")
    facts = take(tmp_path)
    assert facts.x.looked_at == 5
    assert (facts.gap.leaked, facts.gap.shared) == (10, 1)


def test_memory_is_rounded_down():
    gigabyte = 2**30
    sizes = [
        machine_facts.round_down(int(size * gigabyte)) / gigabyte
        for size in (1, 1.4, 1.6, 2.9, 3.1, 23)
    ]
    assert sizes == [1, 1, 1.5, 2, 3, 16]


def test_memory_does_not_depend_on_what_else_runs(monkeypatch):
    gigabyte = 2**30
    memory = {"whole": 24 * gigabyte, "free": 20 * gigabyte}
    for name in memory:
        answer = partial(lambda name, _: memory[name], name)
        monkeypatch.setattr(machine_facts, f"{name}_memory", answer)
    sizes = []
    for memory["free"] in (22 * gigabyte, 13 * gigabyte, 7 * gigabyte):
        sizes.append(machine_facts.describe_machine().memory // gigabyte)
    assert sizes == [12, 12, 6]
