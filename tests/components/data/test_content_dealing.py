from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ganzoo.components.data.content_dealing import choose_held_out, choose_share


def store(folder: Path, contents: list[bytes]) -> list[Path]:
    paths = [folder / f"{index}.png" for index in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def expected(content: bytes) -> float:
    """Where a file stands among all, in 0 ... 1: the rule, written down a second time."""
    key = hashlib.blake2b(content, digest_size=16).digest()
    number = hashlib.blake2b(key, digest_size=8, person=b"hold_out").digest()
    return int.from_bytes(number, "big") / 2**64


def alone(paths: list[Path]) -> list[tuple[Path, ...]]:
    return [(path,) for path in paths]


@pytest.mark.parametrize(("share", "count"), [(0.5, 4), (0.45, 3), (0.01, 1), (0.9999, 4), (1, 5)])
def test_a_share_is_below_a_limit_and_some_are_on_each_side(share: float, count: int) -> None:
    hashes = [0, 2**62, 2**62 + 1, 2**63 - 1, 2**64 - 1, 2**64 - 2]
    assert choose_share(hashes, share) == {*sorted(hashes)[:count]}
    assert len(choose_share([5, 5, 5], share)) == 0
    assert choose_share([], share) == set()


def test_items_go_by_the_bytes_of_their_files(tmp_path: Path) -> None:
    contents = [f"image {index}".encode() for index in range(400)]
    chosen = choose_held_out(alone(store(tmp_path, contents)), 0.1)
    assert chosen == {i for i, each in enumerate(contents) if expected(each) < 0.1}
    assert 20 < len(chosen) < 60


def test_an_item_stays_where_it_is(tmp_path: Path) -> None:
    contents = [f"image {index}".encode() for index in range(60)]
    paths = store(tmp_path, contents)
    few, many = (choose_held_out(alone(paths[:n]), 0.2) for n in (30, 60))
    assert few == {index for index in many if index < 30}
    assert few
    turned = choose_held_out(alone(paths[::-1]), 0.2)
    assert {59 - index for index in turned} == many


def test_equal_files_land_together_and_equal_ones_alone_are_trained_on(tmp_path: Path) -> None:
    contents = [f"image {index % 20}".encode() for index in range(60)]
    chosen = choose_held_out(alone(store(tmp_path, contents)), 0.3)
    assert {index % 20 for index in chosen} == {i for i in range(20) if {i, i + 20} & chosen}
    assert all({i, i + 20, i + 40} <= chosen for i in range(20) if i in chosen)
    assert choose_held_out(alone(store(tmp_path, [b"same"] * 9)), 0.5) == set()
    assert choose_held_out([], 0.5) == set()


def test_files_that_cannot_be_read_are_trained_on(tmp_path: Path) -> None:
    paths = store(tmp_path, [b"1", b"2", b"3"])
    gone = [tmp_path / f"gone{index}" for index in range(30)]
    chosen = choose_held_out([*alone(gone), *alone(paths)], 0.9)
    assert chosen == {30, 31, 32} - {30 + max(range(3), key=lambda i: expected(b"123"[i : i + 1]))}
    assert choose_held_out([(paths[0], gone[0]), (gone[1], paths[1])], 0.5) == set()


def test_a_pair_goes_by_its_last_file(tmp_path: Path) -> None:
    """Many inputs of one target: another one of them changes nothing."""
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    y_contents = [f"target {index}".encode() for index in range(50)]
    y = store(tmp_path / "y", y_contents)
    x = store(tmp_path / "x", [f"input {index}".encode() for index in range(100)])
    pairs = [(x[index], y[index % 50]) for index in range(100)]
    wanted = {i for i in range(100) if expected(y_contents[i % 50]) < 0.2}
    assert choose_held_out(pairs, 0.2) == wanted
    assert choose_held_out(pairs[:50], 0.2) == {i for i in wanted if i < 50}


def test_pairs_that_share_an_image_stay_together(tmp_path: Path) -> None:
    """Three targets of one input, and a chain of shared images."""
    files = store(tmp_path, [f"{index}".encode() for index in range(500)])
    for start in range(0, 480, 6):
        a, b, c, d, e, f = files[start : start + 6]
        pairs = [(a, b), (a, c), (a, d), (e, d), (f, files[499])]
        chosen = choose_held_out(pairs, 0.5)
        assert ({0, 1, 2, 3} <= chosen, {4} <= chosen) in ((True, False), (False, True))


def test_dealing_again_for_validation_does_not_follow(tmp_path: Path) -> None:
    """Of the held-out ones, 3 in 10 become validation, as of all."""
    from ganzoo.evaluation.splits import _hash

    contents = [f"image {index}".encode() for index in range(3000)]
    chosen = choose_held_out(alone(store(tmp_path, contents)), 0.3)
    keys = [hashlib.blake2b(each, digest_size=16).digest() for each in contents]
    validation = [_hash([keys[index]]) < 0.3 * 2**64 for index in chosen]
    assert 0.25 < sum(validation) / len(validation) < 0.35
