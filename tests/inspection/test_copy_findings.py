"""Groups of copies."""

from __future__ import annotations

from pathlib import PurePosixPath

from ganzoo.inspection.copy_findings import _groups

MANY = 500


class Counted(PurePosixPath):
    """A path that counts how often it is compared."""

    compared = 0

    def __lt__(self, other):
        Counted.compared += 1
        return super().__lt__(other)


def test_copies_of_copies_are_one_group():
    pairs = [("a", "c"), ("x", "y"), ("b", "d"), ("d", "c")]
    assert _groups(pairs) == [["a", "b", "c", "d"], ["x", "y"]]


def test_a_group_is_sorted_once_however_large_it_is():
    paths = [Counted(f"{number:04}") for number in range(MANY)]
    assert _groups([(paths[0], path) for path in paths[1:]]) == [paths]
    assert Counted.compared < 20 * MANY
