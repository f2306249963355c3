"""Images that are dealt in two by their content. Nothing here imports torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from ganzoo.components.data.file_keys import hash_readable

RANGE = 2**64  # the hashes by which items are dealt are below it
# With it, hashes do not follow those that deal held-out items into validation and test.
PURPOSE = b"hold_out"


def choose_share(hashes: Iterable[int], share: float) -> set[int]:
    """The hashes below a share of RANGE: not none and not all of two or more."""
    ordered = sorted({*hashes})
    below = sum(each < share * RANGE for each in ordered)
    return {*ordered[: min(max(below, 1), len(ordered) - 1)]}


def choose_held_out(items: Sequence[Sequence[Path]], share: float) -> set[int]:
    """The indices of the items that are held out.

    items: the files that each is read from. share: how many, 0 ... 1, on average.

    An item is dealt by the bytes of its last file, so it stays where it is however many others
    come; items that share a file's content stay together. If that puts all on one side, the one
    nearest to the other side changes it. Items that are all equal, and those that cannot be read,
    are not held out.
    """
    known = hash_readable(path for files in items for path in files)
    keys = {
        index: [known[path] for path in files]
        for index, files in enumerate(items)
        if all(path in known for path in files)
    }
    hashes = dict(zip(keys, map(_hash, _leading_keys([*keys.values()])), strict=True))
    chosen = choose_share(hashes.values(), share)
    return {index for index, each in hashes.items() if each in chosen}


def _leading_keys(items: Sequence[Sequence[bytes]]) -> list[bytes]:
    """For each item the smallest last key of those that equal keys join it to."""
    above: dict[bytes, bytes] = {}
    for first, *others in items:
        for key in others:
            above[_top(above, key)] = _top(above, first)
    least: dict[bytes, bytes] = {}
    for keys in items:
        top = _top(above, keys[0])
        least[top] = min(least.get(top, keys[-1]), keys[-1])
    return [least[_top(above, keys[0])] for keys in items]


def _top(above: dict[bytes, bytes], key: bytes) -> bytes:
    """The key that stands for a group; the way to it becomes shorter."""
    while (up := above.get(key, key)) != key:
        above[key] = above.get(up, up)
        key = up
    return key


def _hash(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=8, person=PURPOSE).digest(), "big")
