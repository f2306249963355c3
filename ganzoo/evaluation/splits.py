"""Deals held-out items into those that choose a model and those that it is tested on.

A model looks better on the images by which it was chosen than it is. So `validation` chooses the
best model and ends training early, and `test` is reported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganzoo.components.data.content_dealing import choose_share
from ganzoo.errors import GanzooError
from ganzoo.evaluation.data_split import DataSplit
from ganzoo.evaluation.observed import TEST, VALIDATION
from ganzoo.interfaces import Data

ALL = "all"
SAMPLES = ""  # what stands for all variables where samples stay whole

SPLITS = (TEST, VALIDATION, ALL)

Hashes = Mapping[str, Sequence[int]]
"""The hash of each item, by variable; or of each sample, by SAMPLES."""


@dataclass(frozen=True)
class Splits:
    """Prepared data, dealt.

    whole: the data. share: how much of the held-out items was to be validation.
    validation: what chooses the best model and ends training early; None if nothing may.
    test: what is reported. Where nothing is held out, validation and test are the whole.
    """

    whole: Data
    validation: Data | None
    test: Data
    share: float

    @property
    def dealt(self) -> bool:
        """Whether there are two splits."""
        return len(self.held_out) > 1

    @property
    def choosing(self) -> Data:
        """What metrics are computed on while training: what chooses, else what is reported."""
        return self.test if self.validation is None else self.validation

    @property
    def held_out(self) -> list[DataSplit]:
        """The splits of the held-out items."""
        splits = self.validation, self.test
        return [split for split in splits if isinstance(split, DataSplit)]

    def find(self, split: str) -> Data:
        """The data of one of SPLITS; where nothing is dealt, all is test."""
        known = {each.split: each for each in self.held_out}
        return self.whole if split == ALL else known.get(split, self.test)

    def describe_choice(self) -> dict[str, Any]:
        """What identifies the items that choose a model, as JSON; empty if they are training's."""
        chosen = {split.split: split.digest for split in self.held_out}.get(VALIDATION)
        return {"share": self.share, "digest": chosen} if chosen else {}

    def record(self) -> dict[str, Any]:
        """What identifies the splits, as JSON; empty if nothing is held out."""
        known = {s.split: {"items": s.held_out_counts(), "digest": s.digest} for s in self.held_out}
        return {"share": self.share, **known} if known else {}


def check_split(split: str) -> None:
    """Refuse a split that is none.

    Raises:
        GanzooError: it is none.
    """
    if split not in SPLITS:
        raise GanzooError(f"there is no split '{split}': use {', '.join(SPLITS)}")


def deal(data: Data, share: float) -> Splits:
    """Deal prepared data.

    share: how much is validation, 0 ... 1; with 0 all is test.

    An item is dealt by a hash of its content, so it stays where it is however many others come, and
    equal content lands together. If that puts all items on one side, the one nearest to the other
    side changes it. Where a variable has but one item, nothing is dealt: all is test.

    Raises:
        DataError: a file cannot be read.
    """
    held_out = [name for name in data.variables if name not in data.trained_on()]
    if not held_out or not data.test_count():
        return Splits(data, data if share else None, data, share)
    hashes = _hash_items(data, held_out) if share else {}
    chosen = {name: choose_share(values, share) for name, values in hashes.items()}
    if not chosen or not all(chosen.values()):
        all_hashes = {name: {*values} for name, values in hashes.items()}
        return Splits(data, None, _make_split(data, TEST, hashes, all_hashes), share)
    others = {name: {*values} - chosen[name] for name, values in hashes.items()}
    validation = _make_split(data, VALIDATION, hashes, chosen)
    return Splits(data, validation, _make_split(data, TEST, hashes, others), share)


def _hash_items(data: Data, held_out: Sequence[str]) -> Hashes:
    """The hashes by which items, or samples that stay whole, are dealt.

    Where samples stay whole and items repeat in them, samples that share one stay together: they
    are dealt by the variables that have the fewest items.
    """
    keys = {name: keys for name, keys in data.test_keys().items() if name in held_out}
    counts = {*map(len, keys.values())}
    if data.separate_items or (len(counts) > 1 and not data.paired):
        return {name: [_hash([key]) for key in known] for name, known in keys.items()}
    fewest = [known for known in keys.values() if len(known) == min(counts)]
    samples = range(data.test_count())
    return {SAMPLES: [_hash(known[i % len(known)] for known in fewest) for i in samples]}


def _hash(keys: Iterable[bytes]) -> int:
    """A number below 2 ** 64; the order of the keys does not matter."""
    hashed = hashlib.blake2b(digest_size=8)
    for key in sorted({*keys}):
        hashed.update(len(key).to_bytes(8, "big") + key)
    return int.from_bytes(hashed.digest(), "big")


def _make_split(
    data: Data, split: str, hashes: Hashes, chosen: Mapping[str, set[int]]
) -> DataSplit:
    """The items whose hashes are chosen; of a variable that is not dealt, all items."""
    counts = {**dict.fromkeys(data.variables, data.test_count()), **data.test_counts()}
    dealt = {
        name: [index for index, each in enumerate(values) if each in chosen[name]]
        for name, values in hashes.items()
    }
    indices = {name: dealt.get(name, dealt.get(SAMPLES, range(n))) for name, n in counts.items()}
    return DataSplit(data, split, indices, _digest(hashes, dealt))


def _digest(hashes: Hashes, dealt: Mapping[str, Sequence[int]]) -> str:
    """What identifies the content of the items of a split, in whatever order; "" of none."""
    hashed = hashlib.blake2b(digest_size=16)
    for name, indices in dealt.items():
        hashed.update(f"{name} {sorted(hashes[name][index] for index in indices)} ".encode())
    return hashed.hexdigest() if dealt else ""
