"""Held-out samples are dealt into validation, which chooses the best model, and test."""

from __future__ import annotations

import inspect
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.class_folders import ClassFolders
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.data.streets import Streets
from ganzoo.errors import DataError
from ganzoo.evaluation.data_split import DataSplit, find_item
from ganzoo.evaluation.few import describe_few
from ganzoo.evaluation.splits import deal
from ganzoo.interfaces import Data, Variable

SHARE = 0.3


class Written(Data):
    """Samples of given numbers; items of variables of different counts repeat."""

    def __init__(self, trained=(), paired=True, separate=False, **numbers):
        self.numbers, self.paired, self.separate_items = numbers, paired, separate
        self.variables = {name: Variable(1, (1, 1)) for name in numbers}
        self.trained = frozenset(trained)

    def __len__(self):
        return 1

    def train_sample(self, index, rng):
        return self.test_sample(index)

    def test_count(self):
        return max(map(len, self.numbers.values()))

    def test_counts(self):
        return {name: len(values) for name, values in self.numbers.items()}

    def test_sample(self, index):
        items = {name: values[index % len(values)] for name, values in self.numbers.items()}
        return {name: torch.full((1, 1, 1), float(item)) for name, item in items.items()}

    def trained_on(self):
        return self.trained


def shown(split, name):
    """The numbers of a variable that a split of `Written` shows."""
    return [split.test_sample(i)[name].item() for i in range(split.test_counts()[name])]


def both(data, name="x", share=SHARE):
    splits = deal(data, share)
    return tuple(set(shown(each, name)) for each in (splits.validation, splits.test))


def draw(folder, numbers):
    """Images whose pixels follow from their numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.bmp")


def names_in(data, split, side=0):
    """The files of a split of folders."""
    return {data._test[side][index].path.name for index in split.chosen["xy"[side]]}


def prepared(data):
    data.prepare()
    return data


def test_an_item_stays_where_it_is_however_many_others_come():
    validation, test = both(Written(x=range(40)))
    assert validation
    assert test
    assert validation | test == set(range(40))
    more_validation, more_test = both(Written(x=[*range(100, 160), *range(39, -1, -1)]))
    assert validation <= more_validation
    assert test <= more_test


def test_the_share_is_about_what_was_asked_for():
    """Of 2,000 items, 0.3 of them with a deviation of sqrt(0.3 0.7 2000) = 20.5."""
    for share in (0.1, 0.3, 0.5):
        validation, _ = both(Written(x=range(2000)), share=share)
        assert abs(len(validation) - 2000 * share) < 4 * 20.5


def test_more_validation_takes_from_test_and_gives_nothing_back():
    less, more = (both(Written(x=range(60)), share=share)[0] for share in (0.2, 0.4))
    assert less < more


def test_equal_content_lands_together(tmp_path):
    for side in ("trainA", "trainB"):
        draw(tmp_path / side, [90])
    for side in ("testA", "testB"):  # the same 20 images in both
        draw(tmp_path / side, range(20))
    for number in range(20):
        source = tmp_path / "testA" / f"{number:03}.bmp"
        shutil.copy(source, source.with_name(f"copy-{number:03}.bmp"))
    data = prepared(Folders(root=str(tmp_path), size=16))
    validation, test = (names_in(data, s) for s in deal(data, SHARE).held_out)
    assert len(validation) + len(test) == 40
    for names in (validation, test):
        assert {n.removeprefix("copy-") for n in names} == {n for n in names if n[0] != "c"}
    assert names_in(data, deal(data, SHARE).held_out[0], 1) == {
        n for n in validation if n[0] != "c"
    }


def test_files_are_known_by_their_content_wherever_they_are(tmp_path):
    draw(tmp_path / "one" / "trainA", [90])
    draw(tmp_path / "one" / "trainB", [91])
    draw(tmp_path / "one" / "testA", range(10))
    draw(tmp_path / "one" / "testB", range(10, 30))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    for path in (tmp_path / "two" / "testA").iterdir():
        path.rename(path.with_name(f"other-{path.name}"))
    one, two = (prepared(Folders(root=str(tmp_path / n), size=16)) for n in ("one", "two"))
    assert deal(one, SHARE).record() == deal(two, SHARE).record()
    assert deal(one, SHARE).record() != deal(one, 0.6).record()
    smaller = prepared(Folders(root=str(tmp_path / "one"), size=8))
    assert deal(one, SHARE).record() == deal(smaller, SHARE).record()


def test_pairs_stay_pairs(tmp_path):
    for side in "AB":
        draw(tmp_path / f"train{side}", [90])
        draw(tmp_path / f"test{side}", range(12))
    data = prepared(PairedFolders(root=str(tmp_path), size=16, flip=False))
    swapped = prepared(PairedFolders(root=str(tmp_path), size=16, flip=False, direction="yx"))
    for split, other in zip(*(deal(d, SHARE).held_out for d in (data, swapped)), strict=True):
        assert split.chosen == other.chosen
        assert split.chosen["x"] == split.chosen["y"]
        for index, whole in enumerate(split.chosen["x"]):
            sample, expected = split.test_sample(index), data.test_sample(whole)
            assert all(sample[name].equal(expected[name]) for name in "xy")
            assert find_item(split, "x", index) == whole


def test_an_image_in_two_classes_is_one_image(tmp_path):
    for name in ("cats", "dogs"):
        draw(tmp_path / name, range(9))
    data = prepared(ClassFolders(["cats", "dogs"], root=str(tmp_path), size=16, held_out=8))
    for split in deal(data, SHARE).held_out:
        files = [data._test[i] for i in split.chosen["y"]]
        by_class = [{image.path.name for image, c in files if c == which} for which in (0, 1)]
        assert by_class[0] == by_class[1]


def test_scenes_are_dealt_without_drawing_them():
    def refuse(*_):
        raise AssertionError("a scene is drawn")

    data = Streets(size=64, held_out=200)
    data.scenes.draw = refuse
    counts = [split.held_out_counts() for split in deal(data, SHARE).held_out]
    assert sum(each["x"] for each in counts) == 200
    other = deal(Streets(size=16, held_out=20), SHARE)
    assert [*other.test.chosen["x"]] == [i for i in deal(data, SHARE).test.chosen["x"] if i < 20]


@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("share", [1e-9, 0.3, 1 - 1e-9])
def test_there_is_one_of_each_at_least(count, share):
    validation, test = both(Written(x=range(count)), share=share)
    assert len(validation) + len(test) == count
    assert validation
    assert test
    if share < 1e-6:
        assert len(validation) == 1
    if share > 1 - 1e-6:
        assert len(test) == 1


@pytest.mark.parametrize("numbers", [[7], [7, 7, 7]])
def test_what_cannot_be_dealt_is_test(numbers):
    splits = deal(Written(x=numbers), SHARE)
    assert splits.validation is None
    assert not splits.dealt
    assert (splits.test.split, shown(splits.test, "x")) == ("test", numbers)
    assert "nothing can be dealt, so all is test" in describe_few(splits.record())
    assert splits.describe_choice() == {}


def test_without_validation_all_is_test():
    splits = deal(Written(x=range(9)), 0)
    assert (splits.validation, shown(splits.test, "x")) == (None, [*range(9)])
    assert splits.find("validation") is splits.find("test") is splits.test
    assert describe_few(splits.record()).startswith("checkpoints.validation = 0: all is test (9 ")


def test_training_samples_are_not_dealt():
    whole = Written(trained=("x",), x=range(9))
    splits = deal(whole, SHARE)
    assert splits.validation is splits.test is whole
    assert splits.record() == {}
    mixed = Written(trained=("y",), separate=True, paired=False, x=range(9), y=range(100, 104))
    splits = deal(mixed, SHARE)
    assert splits.dealt
    for split in splits.held_out:
        assert shown(split, "y") == [*range(100, 104)]
        assert 0 < split.test_counts()["x"] < 9
        assert split.held_out_counts().keys() == {"x"}


def test_variables_that_do_not_belong_together_are_dealt_one_by_one():
    data = Written(paired=False, x=range(40), y=range(100, 109))
    splits = deal(data, SHARE)
    alone = both(Written(x=range(40))), both(Written(y=range(100, 109)), "y")
    assert tuple({*shown(s, "x")} for s in splits.held_out) == alone[0]
    assert tuple({*shown(s, "y")} for s in splits.held_out) == alone[1]
    for split in splits.held_out:
        count = max(split.test_counts().values())
        assert split.test_count() == count
        ys = shown(split, "y")
        assert split.test_sample(count - 1)["y"].item() == ys[(count - 1) % len(ys)]


def test_pairs_that_share_an_image_are_not_torn_apart():
    """Twelve photos of three scenes: whoever knows a scene knows its other photos."""
    data = Written(x=range(12), y=(100, 101, 102))
    validation, test = deal(data, SHARE).held_out
    scenes = [{split.test_sample(i)["y"].item() for i in range(split.test_count())}
              for split in (validation, test)]  # fmt: skip
    assert scenes[0].isdisjoint(scenes[1])
    for split in (validation, test):
        for index in range(split.test_count()):
            sample = split.test_sample(index)
            assert sample["y"].item() == 100 + sample["x"].item() % 3


def test_a_split_forwards_all_that_data_say():
    """A method that data get later must be thought of here, too."""
    own = {name for name, _ in inspect.getmembers(DataSplit, inspect.isfunction)}
    defined = {name for name in vars(DataSplit) if not name.startswith("_")}
    settings = {"prepare", "inspect", "measured", "take_measured"}  # of data that are not dealt yet
    public = {name for name in own if not name.startswith("_")}
    assert public - defined - settings == set()
    split = deal(Written(x=range(9)), SHARE).test
    keys = Written(x=range(9)).test_keys()["x"]
    assert split.test_keys() == {"x": [keys[i] for i in split.chosen["x"]]}
    assert split.test_item("x", 0).item() == split.chosen["x"][0]


def test_keys_of_tensors_are_of_their_values():
    one, two = Written(x=[1, 2, 1]), Written(x=[3, 1, 2])
    first, second = one.test_keys()["x"], two.test_keys()["x"]
    assert first[0] == first[2] == second[1]
    assert first[1] == second[2]
    assert len({*first, *second}) == 3


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for side in ("trainA", "trainB", "testA", "testB"):
        draw(tmp_path / side, range(3))
    data = prepared(Folders(root=str(tmp_path), size=16))
    (tmp_path / "testA" / "001.bmp").unlink()
    with pytest.raises(DataError, match=r"001\.bmp cannot be read"):
        deal(data, SHARE)


def test_few_samples_are_told_with_how_wide_that_is():
    record = {"share": 0.3, "validation": {"items": {"x": 4}}, "test": {"items": {"x": 90}}}
    assert describe_few(record) == (
        "few are held out (4 validation samples of x, 90 test samples of x): the 95 % interval of "
        "a mean over 4 is ± 0.98 standard deviations or wider; differences within the intervals "
        "are chance"
    )
    enough = {"share": 0.3, "validation": {"items": {"x": 30}}, "test": {"items": {"x": 70}}}
    assert describe_few(enough) == ""
    for odd in (None, 3, [], {}, {"validation": 3}, {"test": {"items": {"x": "y"}}}):
        assert describe_few(odd) == ""
