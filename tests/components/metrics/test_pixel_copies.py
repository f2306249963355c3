"""Copies by their pixels, where channels differ."""

from __future__ import annotations

import torch

from ganzoo.components.metrics.pixel_copies import NO_COPY, OriginalSearch, SmallPictures


def test_gray_beside_colours_counts_as_equal_channels():
    """A gray image beside RGB ones is the RGB image of three equal channels, either way round."""
    gray = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    same = gray.repeat(1, 3, 1, 1)
    for originals, image in ((same, gray), (gray, same)):
        search = OriginalSearch(SmallPictures.of(originals))
        place, alike = search.find(SmallPictures.of(image[1:2]))
        assert place == 1
        assert abs(alike - 1) < 1e-5
    coloured = same * torch.tensor([1.0, -1.0, 1.0])[:, None, None]
    search = OriginalSearch(SmallPictures.of(coloured))
    assert search.find(SmallPictures.of(gray[:1]))[0] == NO_COPY
