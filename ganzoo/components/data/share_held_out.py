"""Data from folders of images of which a share is held out, where no folder of test images is."""

from __future__ import annotations

from ganzoo.components.data.content_dealing import choose_held_out
from ganzoo.components.data.folder_base import STAND_INS, FolderData, Item, Reads


def check_share(share: float) -> float:
    """The share of images that is held out.

    Raises:
        ValueError: it is none.
    """
    if not 0 <= share < 1:
        raise ValueError(f"hold_out must be a share of the images, 0 or more and below 1: {share}")
    return share


class ShareHeldOut(FolderData):
    """Images that are dealt into those to train on and those to test on.

    hold_out: the share to test on.
    """

    hold_out: float = 0.0

    def deal(self, items: list[Item], reads: Reads) -> tuple[list[Item], list[Item]]:
        """Those to train on, and those that are held out; else the first ones stand in for them.

        An item is dealt by the bytes of its files, see `choose_held_out`. Nothing is held out where
        `hold_out` is 0, and where all images are equal.

        Raises:
            DataError: unreadable files are skipped, and none can be read.
        """
        readable = self.without_unreadable(items, reads) if self.hold_out else []
        files = [[path for path, _ in reads(item)] for item in readable]
        chosen = choose_held_out(files, self.hold_out)
        if not chosen:
            return items, items[:STAND_INS]
        train = [item for index, item in enumerate(readable) if index not in chosen]
        return train, [readable[index] for index in sorted(chosen)]
