"""What `ganzoo data check` notices: a folder with each fault, and the same folder without."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageEnhance, ImageOps

from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.streets import Streets
from ganzoo.errors import DataError
from ganzoo.inspection.inspect_folder import inspect_folder
from ganzoo.interfaces.levels import to_pixels

COUNT, TESTS, SIZE = 24, 8, 32


def save(pixels, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


@pytest.fixture(scope="session")
def scenes():
    """Photos x and label maps y of the same scenes."""
    streets = Streets(size=SIZE, count=1, held_out=2 * COUNT + 2 * TESTS)
    streets.prepare()
    samples = [streets.test_sample(i) for i in range(streets.test_count())]
    return [{name: to_pixels(sample[name]) for name in ("x", "y")} for sample in samples]


@pytest.fixture
def unpaired(tmp_path, scenes):
    """A good folder: photos of some scenes, label maps of others."""
    folder = tmp_path / "streets"
    later = COUNT + TESTS
    for i in range(COUNT):
        save(scenes[i]["x"], folder / "trainA" / f"{i:02}.png")
        save(scenes[later + i]["y"], folder / "trainB" / f"{i:02}.png")
    for i in range(TESTS):
        save(scenes[COUNT + i]["x"], folder / "testA" / f"{i}.png")
        save(scenes[later + COUNT + i]["y"], folder / "testB" / f"{i}.png")
    return folder


@pytest.fixture
def paired(tmp_path, scenes):
    """A good folder of pairs."""
    folder = tmp_path / "pairs"
    for i in range(COUNT):
        save(scenes[i]["x"], folder / "trainA" / f"{i:02}.png")
        save(scenes[i]["y"], folder / "trainB" / f"{i:02}.png")
    for i in range(COUNT, COUNT + TESTS):
        save(scenes[i]["x"], folder / "testA" / f"{i:02}.png")
        save(scenes[i]["y"], folder / "testB" / f"{i:02}.png")
    return folder


def check(folder, need=None, size=SIZE):
    return inspect_folder(folder, need, size, lambda *told: None)


def kinds(folder, need=None, size=SIZE):
    return [finding.kind for finding in check(folder, need, size).findings]


def find(folder, kind, need=None, size=SIZE):
    """The only finding of a kind."""
    (finding,) = [each for each in check(folder, need, size).findings if each.kind == kind]
    return finding


def test_good_folders_have_no_findings(unpaired, paired):
    assert kinds(unpaired) == []
    assert kinds(paired) == []


def test_what_a_folder_is_follows_from_folders_names_and_outlines(unpaired, paired, tmp_path):
    assert check(unpaired).gallery.contents.need == "domains"
    assert check(paired).gallery.contents.need == "pairs"
    assert check(unpaired / "trainA").gallery.contents.need == "images"
    for name in ("cat", "dog", "owl"):
        shutil.copytree(unpaired / "trainA", tmp_path / "animals" / name)
    assert check(tmp_path / "animals").gallery.contents.need == "classes"
    with pytest.raises(DataError, match="--as classes"):
        check(unpaired / "trainA", "classes")


def test_side_by_side_are_pairs(tmp_path, scenes):
    for i, scene in enumerate(scenes[:COUNT]):
        save(np.concatenate([scene["x"], scene["y"]], 1), tmp_path / "train" / f"{i}.png")
    contents = check(tmp_path).gallery.contents
    assert (contents.need, [subset.domains for subset in contents.subsets]) == (
        "pairs",
        [("x", "y")],
    )
    assert kinds(tmp_path) == ["no_test"]


def test_panoramas_are_no_pairs(tmp_path, scenes):
    for i in range(COUNT):
        both = [scenes[i]["x"], scenes[i + COUNT]["x"]]
        save(np.concatenate(both, 1), tmp_path / "train" / f"{i:02}.png")
    assert "no_pairs" in kinds(tmp_path)
    assert "--as images" in find(tmp_path, "no_pairs").advice
    assert kinds(tmp_path, "images") == []


def test_broken_files_are_named(unpaired):
    whole = (unpaired / "trainA" / "03.png").read_bytes()
    (unpaired / "trainA" / "03.png").write_bytes(whole[: len(whole) // 2])
    (unpaired / "testB" / "text.jpg").write_text("no image")
    finding = find(unpaired, "unreadable")
    assert finding.level == "error"
    assert [each.partition(":")[0] for each in finding.files] == ["trainA/03.png", "testB/text.jpg"]


def test_what_is_read_here_is_what_training_reads(unpaired):
    """The same files are refused, with the same reasons."""
    (unpaired / "trainA" / "empty.png").write_bytes(b"")
    tifffile.imwrite(unpaired / "trainA" / "nan.tif", np.full((8, 8), np.nan, np.float32))
    for path, error in check(unpaired).gallery.wrong.items():
        with pytest.raises(DataError) as caught:
            read_image(path)
        assert str(caught.value) == str(error)
    assert len(check(unpaired).gallery.wrong) == 2


def test_nothing_to_train_on(unpaired, tmp_path):
    (tmp_path / "empty").mkdir()
    assert find(tmp_path / "empty", "nothing").level == "error"
    shutil.rmtree(unpaired / "trainA")
    shutil.rmtree(unpaired / "trainB")
    assert "only test images" in find(unpaired, "nothing").text


def test_images_of_other_suffixes(unpaired, monkeypatch):
    """As where ganzoo-readers is not installed."""
    core = ("ganzoo.components.data.image_listing.read_suffixes", lambda: (".png", ".jpg"))
    monkeypatch.setattr(*core)
    for number in range(3):
        (unpaired / "trainA" / f"{number}.heic").write_bytes(b"heic")
    (unpaired / "trainA" / "notes.txt").write_text("three boxes")
    finding = find(unpaired, "not_read")
    assert (finding.level, "3 .heic" in finding.text) == ("note", True)
    assert "ganzoo-readers" in finding.advice
    for number in range(100):
        (unpaired / "trainB" / f"{number}.cr2").write_bytes(b"raw")
    assert find(unpaired, "not_read").level == "warning"


def test_a_test_image_that_was_trained_on(unpaired):
    shutil.copy(unpaired / "trainA" / "05.png", unpaired / "testA" / "copy.png")
    finding = find(unpaired, "test_in_training")
    assert finding.level == "warning"
    assert finding.files == ("testA/copy.png = trainA/05.png",)


@pytest.mark.parametrize("way", ["jpeg", "half", "brighter", "mirrored"])
def test_a_test_image_that_is_nearly_one_of_training(unpaired, way):
    image = Image.open(unpaired / "trainA" / "05.png")
    path = unpaired / "testA" / ("copy.jpg" if way == "jpeg" else "copy.png")
    made = {
        "jpeg": lambda: image,
        "half": lambda: image.resize((2 * SIZE, 2 * SIZE), Image.Resampling.BICUBIC),
        "brighter": lambda: ImageEnhance.Brightness(image).enhance(1.1),
        "mirrored": lambda: ImageOps.mirror(image),
    }[way]()
    made.save(path, quality=90)
    finding = find(unpaired, "near_test_in_training")
    assert finding.files == (f"testA/{path.name} ~ trainA/05.png",)


def test_copies_within_and_across(unpaired):
    shutil.copy(unpaired / "trainA" / "05.png", unpaired / "trainA" / "copy.png")
    shutil.copy(unpaired / "trainB" / "07.png", unpaired / "trainA" / "wrong.png")
    assert find(unpaired, "copies").files == ("trainA/05.png = trainA/copy.png",)
    assert find(unpaired, "in_both_domains").files == ("trainA/wrong.png = trainB/07.png",)


def test_one_image_in_two_classes(tmp_path, scenes):
    for i in range(12):
        save(scenes[i]["x"], tmp_path / f"class{i % 3}" / f"{i}.png")
    assert kinds(tmp_path) == []
    shutil.copy(tmp_path / "class0" / "0.png", tmp_path / "class1" / "again.png")
    assert find(tmp_path, "in_two_classes").files == ("class0/0.png = class1/again.png",)


def test_almost_constant_images(unpaired):
    almost = np.full((SIZE, SIZE, 3), 90) + np.random.default_rng(0).integers(0, 3, (SIZE, SIZE, 1))
    save(almost, unpaired / "trainA" / "gray.png")
    assert find(unpaired, "constant").files == ("trainA/gray.png",)


def test_twelve_bits_in_sixteen(unpaired):
    for path in sorted((unpaired / "trainA").iterdir()) + sorted((unpaired / "testA").iterdir()):
        gray = np.asarray(Image.open(path).convert("L")).astype(np.uint16)
        Image.fromarray(gray * 16).save(path)
    finding = find(unpaired, "narrow")
    assert finding.level == "warning"
    assert finding.advice == "--set 'data.range.x=[0,4095]'"
    assert "constant" not in kinds(unpaired)


def test_values_without_a_known_white(unpaired):
    for path in sorted((unpaired / "trainB").iterdir())[:4]:
        values = np.asarray(Image.open(path).convert("L")).astype(np.int16) - 1000
        tifffile.imwrite(path.with_suffix(".tif"), values)
        path.unlink()
    finding = find(unpaired, "no_range")
    assert finding.level == "error"
    assert len(finding.files) == 4
    assert "--set 'data.range.y=[-" in finding.advice


@pytest.mark.parametrize(("count", "advice"), [(1, "remove them"), (COUNT, "data.channels.x=5")])
def test_bands_among_others_are_not_what_all_are_read_as(unpaired, count, advice):
    for path in sorted((unpaired / "trainA").iterdir())[:count]:
        how = {"photometric": "minisblack", "planarconfig": "contig"}
        tifffile.imwrite(path.with_suffix(".tif"), np.zeros((SIZE, SIZE, 5), np.uint8), **how)
        path.unlink()
    finding = find(unpaired, "bands")
    assert (len(finding.files), finding.level) == (count, "error")
    assert advice in finding.advice


def test_floats_outside_of_their_scale(unpaired):
    values = np.asarray(Image.open(unpaired / "trainB" / "00.png").convert("L")).astype(np.float32)
    tifffile.imwrite(unpaired / "trainB" / "zz.tif", values)
    assert find(unpaired, "outside").files == ("trainB/zz.tif",)


def test_small_images_and_a_size_that_fits(unpaired):
    finding = find(unpaired, "small", size=64)
    assert "all 48 training images are smaller than 64 px" in finding.text
    assert finding.advice.endswith("--set data.size=32")
    save(np.arange(192).reshape(8, 8, 3), unpaired / "trainA" / "tiny.png")
    assert find(unpaired, "small").files == ("trainA/tiny.png",)


def test_proportions_colours_and_depths_that_differ(unpaired):
    for number in range(6):
        save(
            np.random.default_rng(number).integers(0, 256, (32, 96)),
            unpaired / f"trainA/g{number}.png",
        )
    deep = np.random.default_rng(9).integers(0, 65536, (32, 32), dtype=np.uint16)
    Image.fromarray(deep).save(unpaired / "trainA" / "deep.png")
    found = kinds(unpaired)
    assert {"proportions", "mixed_colours", "mixed_depths"} <= {*found}
    assert find(unpaired, "mixed_depths").files == ("trainA/deep.png",)


def test_turned_images_and_further_pages(unpaired):
    image = Image.open(unpaired / "trainA" / "05.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    (unpaired / "trainA" / "05.png").unlink()
    image.save(unpaired / "trainA" / "05.jpg", exif=exif)
    other = Image.open(unpaired / "trainA" / "06.png")
    other.save(
        unpaired / "trainA" / "06.webp",
        save_all=True,
        append_images=[image, ImageOps.mirror(image)],
    )
    (unpaired / "trainA" / "06.png").unlink()
    assert find(unpaired, "turned").files == ("trainA/05.jpg",)
    assert find(unpaired, "pages").files == ("trainA/06.webp",)
    assert "2 others" in find(unpaired, "pages").text


def test_swapped_test_folders(unpaired):
    (unpaired / "testA").rename(unpaired / "other")
    (unpaired / "testB").rename(unpaired / "testA")
    (unpaired / "other").rename(unpaired / "testB")
    finding = find(unpaired, "swapped")
    assert finding.level == "warning"
    assert finding.advice.endswith("--set data.test_x=testB --set data.test_y=testA")


def test_one_test_folder_of_the_other_kind(unpaired):
    shutil.rmtree(unpaired / "testA")
    shutil.copytree(unpaired / "testB", unpaired / "testA")
    assert find(unpaired, "test_unlike").level == "note"


def test_halves_of_one_set_are_alike(tmp_path, scenes):
    for i in range(COUNT):
        save(scenes[i]["x"], tmp_path / "trainA" / f"a{i:02}.png")
        save(scenes[i + COUNT]["x"], tmp_path / "trainB" / f"b{i:02}.png")
    assert kinds(tmp_path) == ["alike", "no_test"]


def test_noise_is_enough_to_tell_two_kinds_apart(tmp_path, scenes):
    rng = np.random.default_rng(0)
    for i in range(COUNT):
        noisy = (scenes[i]["x"] + rng.normal(0, 12, scenes[i]["x"].shape)).clip(0, 255)
        save(noisy, tmp_path / "trainA" / f"a{i:02}.png")
        save(scenes[i + COUNT]["x"], tmp_path / "trainB" / f"b{i:02}.png")
    assert kinds(tmp_path) == ["no_test"]


def test_missing_partners_and_ambiguous_ones(paired):
    (paired / "trainB" / "04.png").unlink()
    shutil.copy(paired / "trainA" / "09.png", paired / "trainA" / "10.jpg")
    assert find(paired, "no_partner").files == ("trainA/04.png",)
    assert find(paired, "ambiguous").files == ("trainA/10.jpg", "trainA/10.png")


def test_pairs_of_other_proportions(paired):
    image = Image.open(paired / "trainB" / "04.png")
    image.crop((0, 0, SIZE, SIZE // 2)).save(paired / "trainB" / "04.png")
    image = Image.open(paired / "trainB" / "05.png")
    image.resize((2 * SIZE, 2 * SIZE)).save(paired / "trainB" / "05.png")  # which is read
    finding = find(paired, "other_proportions")
    assert finding.files == ("trainA/04.png (32 x 32), trainB/04.png (32 x 16)",)


def test_exchanged_partners(paired):
    first, second = paired / "trainB" / "04.png", paired / "trainB" / "11.png"
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    finding = find(paired, "misfits")
    assert finding.files == (
        "trainB/04.png does not fit trainA/04.png, but trainB/11.png does",
        "trainB/11.png does not fit trainA/11.png, but trainB/04.png does",
    )


def test_pairs_that_are_none(unpaired):
    """Names are equal, scenes are not."""
    train, test = [e for e in check(unpaired, "pairs").findings if e.kind == "no_pairs"]
    assert train.level == "warning"
    assert "the 24 pairs for training" in train.text
    assert "the 8 pairs for testing" in test.text
    assert "--as domains" in train.advice


def test_a_pair_of_equal_images(paired):
    shutil.copy(paired / "trainA" / "04.png", paired / "trainB" / "04.png")
    assert find(paired, "equal_pairs").files == ("trainA/04.png = trainB/04.png",)


def test_folders_that_are_not_read(unpaired):
    shutil.copytree(unpaired / "trainA", unpaired / "val")
    assert "'val'" in find(unpaired, "unread").text


def test_several_faults_at_once_the_worst_first(unpaired):
    (unpaired / "trainA" / "bad.png").write_bytes(b"")
    shutil.copy(unpaired / "trainA" / "05.png", unpaired / "testA" / "copy.png")
    shutil.copy(unpaired / "trainB" / "05.png", unpaired / "trainB" / "copy.png")
    levels = [finding.level for finding in check(unpaired).findings]
    assert levels == ["error", "warning", "note"]


def test_all_files_are_told_of_as_they_are_read(unpaired):
    told = []
    inspect_folder(unpaired, None, SIZE, lambda *each: told.append(each))
    total = 2 * (COUNT + TESTS)
    assert [done for done, of, _ in told if of == total] == list(range(1, total + 1))


def test_unlisted_folders_are_named(unpaired: Path, monkeypatch):
    from ganzoo.components.data import image_listing

    listed = image_listing.os.scandir
    closed = str(unpaired / "trainA" / "closed")

    def refuse(path):
        if str(path) == closed:
            raise PermissionError(13, "Permission denied")
        return listed(path)

    Path(closed).mkdir()
    monkeypatch.setattr(image_listing.os, "scandir", refuse)
    assert "closed cannot be listed: permission denied" in find(unpaired, "unlisted").text
