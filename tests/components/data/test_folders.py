from __future__ import annotations

import pickle
import shutil
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.folders import Folders
from ganzoo.components.data.inspecting import describe_changes
from ganzoo.errors import DataError
from ganzoo.interfaces import Sample, Variable


def plain(folder: Path, levels: list[int], size: tuple[int, int] = (9, 7)) -> None:
    """Images of one gray level each, which tell which file a sample came from."""
    folder.mkdir(parents=True, exist_ok=True)
    for level in levels:
        Image.new("RGB", size, (level, level, level)).save(folder / f"{level:03d}.png")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    plain(tmp_path / "trainA", [10, 11, 12])
    plain(tmp_path / "trainB", [100, 101, 102, 103, 104])
    plain(tmp_path / "testA", [20, 21, 22])
    plain(tmp_path / "testB", [200, 201])
    return tmp_path


def prepared(root: Path, **settings: object) -> Folders:
    data = Folders(str(root), **{"size": 8, **settings})  # type: ignore[arg-type]
    data.prepare()
    return data


def level(image: torch.Tensor) -> int:
    assert image.min() == image.max()
    return round((image[0, 0, 0].item() + 1) * 127.5)


def levels(sample: Sample) -> tuple[int, int]:
    return level(sample["x"]), level(sample["y"])


def test_variables_from_settings_alone() -> None:
    data = Folders("/nowhere", size=[8, 16], channels=1)
    assert data.variables == {"x": Variable(1, (8, 16)), "y": Variable(1, (8, 16))}
    assert not data.paired


@pytest.mark.parametrize("channels", [1, 3])
def test_samples_have_the_declared_shape(root: Path, channels: int) -> None:
    data = prepared(root, size=[8, 16], channels=channels)
    for sample in (data.train_sample(0, np.random.default_rng(0)), data.test_sample(0)):
        for name, image in sample.items():
            assert image.shape == data.variables[name].shape
            assert image.dtype == torch.float32
            assert image.is_contiguous()
            assert image.abs().max() <= 1


def test_an_epoch_walks_the_longer_domain(root: Path) -> None:
    data = prepared(root)
    assert len(data) == 5
    rng = np.random.default_rng(0)
    seen = [levels(data.train_sample(i % 5, rng)) for i in range(600)]
    assert [y for _, y in seen[:10]] == [100, 101, 102, 103, 104] * 2
    drawn = Counter(x for x, _ in seen)
    assert set(drawn) == {10, 11, 12}
    assert min(drawn.values()) > 150


def test_equal_domains_are_not_paired_by_accident(root: Path) -> None:
    plain(root / "trainA", [13, 14])
    data = prepared(root)
    rng = np.random.default_rng(0)
    seen = [levels(data.train_sample(2, rng)) for _ in range(50)]
    assert {x for x, _ in seen} == {12}
    assert {y for _, y in seen} == {100, 101, 102, 103, 104}


def test_held_out_images(root: Path) -> None:
    data = prepared(root)
    assert data.test_count() == 3
    assert [levels(data.test_sample(i)) for i in range(3)] == [(20, 200), (21, 201), (22, 200)]


def test_without_test_folders_the_first_training_images_stand_in(tmp_path: Path) -> None:
    plain(tmp_path / "trainA", list(range(10, 22)))
    plain(tmp_path / "trainB", [100, 101])
    data = prepared(tmp_path)
    assert data.test_count() == 8
    assert [levels(data.test_sample(i)) for i in (0, 1, 7)] == [(10, 100), (11, 101), (17, 101)]


@pytest.mark.case("A2")
def test_each_domain_says_how_many_distinct_images_it_shows(root: Path) -> None:
    data = prepared(root)
    assert data.test_counts() == {"x": 3, "y": 2}
    assert data.trained_on() == frozenset()
    shown = [levels(data.test_sample(i)) for i in range(6)]
    assert {x for x, _ in shown} == {20, 21, 22}
    assert {y for _, y in shown} == {200, 201}


@pytest.mark.case("A3")
def test_training_images_that_stand_in_are_called_so(root: Path) -> None:
    shutil.rmtree(root / "testB")
    data = prepared(root)
    assert (data.trained_on(), data.test_counts()) == ({"y"}, {"x": 3, "y": 5})
    assert prepared(root, test_x="trainA").trained_on() == {"x", "y"}
    (root / "testB").mkdir()
    (root / "testB" / "other_name.png").symlink_to(root / "trainB" / "104.png")
    assert prepared(root).trained_on() == {"y"}


@pytest.mark.case("A3")
def test_test_folders_alone_are_enough_to_test(root: Path) -> None:
    for name in ("trainA", "trainB"):
        shutil.rmtree(root / name)
    data = prepared(root)
    assert [levels(data.test_sample(i)) for i in range(3)] == [(20, 200), (21, 201), (22, 200)]
    assert data.trained_on() == frozenset()
    with pytest.raises(
        DataError, match=r"data\.x, data\.y: there are no folders 'trainA', 'trainB'"
    ):
        len(data)


def test_held_out_images_are_not_augmented(root: Path) -> None:
    ramp = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (12, 1))
    Image.fromarray(ramp).save(root / "testA" / "000.png")
    data = prepared(root, size=12, resize=20)
    first = data.test_sample(0)["x"]
    assert torch.equal(first, data.test_sample(0)["x"])
    # 24 x 12 is as high as the sample already: columns 6 to 17 are its centre.
    assert torch.equal(first[0, 0], torch.from_numpy(ramp[0, 6:18]) / 127.5 - 1)


def test_training_is_a_function_of_index_and_generator(root: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8)
    for folder in ("trainA", "trainB"):
        Image.fromarray(noise).save(root / folder / "noise.png")
    data, other = prepared(root, resize=12), prepared(root, resize=12)
    other.train_sample(1, np.random.default_rng(9))
    for index in range(len(data)):
        first = data.train_sample(index, np.random.default_rng(index))
        second = other.train_sample(index, np.random.default_rng(index))
        assert all(torch.equal(first[name], second[name]) for name in first)
    noisy = len(data) - 1
    crops = [data.train_sample(noisy, np.random.default_rng(seed))["y"] for seed in range(4)]
    assert not all(torch.equal(crops[0], crop) for crop in crops[1:])


def test_absolute_folders_and_subfolders(root: Path, tmp_path: Path) -> None:
    plain(tmp_path / "elsewhere" / "deep", [77])
    data = prepared(root, y=str(tmp_path / "elsewhere"))
    assert levels(data.train_sample(0, np.random.default_rng(0))) == (10, 77)


def test_skip_warns_once_and_takes_the_next(root: Path) -> None:
    (root / "trainB" / "101.png").write_bytes(b"broken")
    (root / "trainB" / "104.png").write_bytes(b"broken")
    data = prepared(root, unreadable="skip")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        seen = [level(data.train_sample(i % 5, np.random.default_rng(i))["y"]) for i in range(10)]
    assert seen == [100, 102, 102, 103, 100] * 2
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == 2
    assert "101.png" in messages[0]
    assert "104.png" in messages[1]


def test_error_names_the_file_and_the_way_out(root: Path) -> None:
    (root / "trainB" / "101.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"101\.png cannot be read: .*data.unreadable = 'skip'"):
        prepared(root).train_sample(1, np.random.default_rng(0))


def test_nothing_readable_ends_in_an_error(root: Path) -> None:
    for path in (root / "trainA").iterdir():
        path.write_bytes(b"")
    data = prepared(root, unreadable="skip")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError, match="none of 3 images"):
            data.train_sample(0, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"root": "nowhere"}, "data.root: nowhere does not exist"),
        (
            {"x": "train_A"},
            r"data.x: there is no folder 'train_A' .* Did you mean 'trainA'\? Take it with: "
            r"--set data\.x=trainA",
        ),
        (
            {"y": "testa"},
            r"It holds 'testA' \(3 images, taken by data\.test_x\), 'testB' \(2 images, taken by "
            r"data\.test_y\), 'trainA' \(3 images, taken by data\.x\), 'trainB' \(5 images\)\.",
        ),
        ({"test_x": "testC"}, "data.test_x: there is no folder 'testC'"),
    ],
)
def test_missing_folders(root: Path, settings: dict[str, str], message: str) -> None:
    within = {name: value for name, value in settings.items() if name != "root"}
    with pytest.raises(DataError, match=message):
        len(prepared(Path(settings.get("root", root)), **within))


def test_a_root_must_be_given() -> None:
    with pytest.raises(DataError, match=r"data\.root is not set: --set data\.root=FOLDER"):
        Folders().prepare()


@pytest.mark.case("D4")
def test_what_is_there_already_is_not_suggested(root: Path) -> None:
    """Every name that a message tells to set works, and is the folder that was left."""
    (root / "trainB").rename(root / "cartoons")
    for name in ("testA", "testB"):
        shutil.rmtree(root / name)
    with pytest.raises(DataError) as caught:
        prepared(root)
    assert str(caught.value).endswith(
        "It holds 'cartoons' (5 images), 'trainA' (3 images, taken by data.x). "
        "Take it with: --set data.y=cartoons"
    )
    assert len(prepared(root, y="cartoons")) == 5


@pytest.mark.case("D4")
def test_two_folders_of_other_names_are_told_with_the_settings_that_take_them(root: Path) -> None:
    for old, new in (("trainA", "photos"), ("trainB", "cartoons")):
        (root / old).rename(root / new)
    for name in ("testA", "testB"):
        shutil.rmtree(root / name)
    with pytest.raises(DataError) as caught:
        prepared(root)
    assert str(caught.value) == (
        f"data.x, data.y: there are no folders 'trainA', 'trainB' in {root}. It holds 'cartoons' "
        "(5 images), 'photos' (3 images): --set data.x=cartoons --set data.y=photos, or the other "
        "way round"
    )


@pytest.mark.case("D4")
def test_a_folder_of_files_of_another_kind_says_how_many_and_what_to_do(root: Path) -> None:
    shutil.rmtree(root / "testA")
    for path in (root / "trainA").iterdir():
        path.unlink()
    for number in range(30):
        (root / "trainA" / f"{number}.PSD").touch()
    message = r"data\.x: no images in .*trainA \(30 left out: 30 \.psd\); convert them: read are"
    with pytest.raises(DataError, match=message):
        prepared(root)


@pytest.mark.case("A13")
def test_the_summary_counts_what_is_used_and_what_is_left_out(root: Path) -> None:
    assert prepared(root).summary() == "3 + 5 images, 3 + 2 held out"
    for number in range(3):
        (root / "trainA" / f"{number}.tga").touch()
    (root / "testB" / "deep").mkdir()
    (root / "testB" / "deep" / "a.npz").touch()
    told = "3 + 5 images, 3 + 2 held out, 4 left out: 3 .tga, 1 .npz"
    assert prepared(root).summary() == told
    shutil.rmtree(root / "testA")
    assert "held out, 4 left" in prepared(root).summary()


@pytest.mark.case("C10")
def test_broken_files_are_all_found_before_the_first_step(root: Path) -> None:
    assert prepared(root).inspect() == []
    (root / "trainB" / "101.png").write_bytes(b"broken")
    (root / "testA" / "021.png").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        prepared(root).inspect()
    for name in ("101.png", "021.png", "data.unreadable = 'skip'"):
        assert name in str(caught.value)


@pytest.mark.case("C10", "A2")
def test_broken_files_that_are_skipped_are_counted_and_shown_by_no_other(root: Path) -> None:
    (root / "trainB" / "101.png").write_bytes(b"broken")
    (root / "testA" / "021.png").write_bytes(b"")
    data = prepared(root, unreadable="skip")
    assert data.test_counts() == {"x": 2, "y": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is found out later
        data.inspect()
        seen = [level(data.train_sample(i, np.random.default_rng(i))["y"]) for i in range(5)]
    assert seen == [100, 102, 102, 103, 104]
    assert [levels(data.test_sample(i))[0] for i in range(2)] == [20, 22]
    told = "3 + 5 images, 2 + 2 held out, 2 unreadable, skipped: 021.png, 101.png"
    assert data.summary() == told


@pytest.mark.case("C10")
def test_a_folder_of_which_nothing_can_be_read_is_refused_before_the_first_step(root: Path) -> None:
    for path in (root / "trainA").iterdir():
        path.write_bytes(b"")
    with pytest.raises(DataError, match="none of 3 images"):
        prepared(root, unreadable="skip").inspect()


@pytest.mark.case("C6", "C7")
def test_the_fingerprint_knows_what_data_are_and_not_where(root: Path, tmp_path: Path) -> None:
    before = prepared(root).fingerprint()
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    shutil.copytree(root, moved)
    (moved / "trainA").rename(moved / "elsewhere")
    (moved / "elsewhere" / "notes.txt").touch()
    assert prepared(moved, x="elsewhere").fingerprint() == before
    assert {key: found["images"] for key, found in before.items()} == {
        **{"x": 3, "y": 5},
        **{"test_x": 3, "test_y": 2},
    }
    (moved / "trainB" / "100.png").rename(moved / "trainB" / "099.png")
    plain(moved / "testA", [23])
    assert describe_changes(before, prepared(moved, x="elsewhere").fingerprint()) == [
        "test_x: 4 images, where there were 3",
        "y: as many images as before (5), of other names or sizes",
    ]
    (moved / "elsewhere" / "010.png").write_bytes((root / "trainA" / "010.png").read_bytes() + b"0")
    assert len(describe_changes(before, prepared(moved, x="elsewhere").fingerprint())) == 3


def test_root_that_is_a_file(root: Path) -> None:
    (root / "file").touch()
    with pytest.raises(DataError, match="is a file, not a folder"):
        prepared(root / "file")


def test_folder_without_images_says_what_is_read(root: Path) -> None:
    for path in (root / "trainA").iterdir():
        path.rename(path.with_suffix(".tga"))
    with pytest.raises(
        DataError, match=r"data.x: no images in .*trainA \(3 left out: 3 \.tga\).* \.png"
    ):
        len(prepared(root))


def test_root_with_images_only(tmp_path: Path) -> None:
    plain(tmp_path, [1, 2])
    with pytest.raises(DataError, match=r"It holds no folders, and 2 images\. Put the images"):
        prepared(tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        {"channels": 0},
        {"channels": {"y": 2000}},
        {"size": 0},
        {"size": [8]},
        {"size": 8, "resize": 4},
    ],
)
def test_wrong_settings(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Folders(**settings)  # type: ignore[arg-type]


def test_pickled_data_gives_the_same(root: Path) -> None:
    data = prepared(root)
    copy = pickle.loads(pickle.dumps(data))
    first, second = (d.train_sample(3, np.random.default_rng(5)) for d in (data, copy))
    assert levels(first) == levels(second)
