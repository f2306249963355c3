"""What is known of two domains of images, and of the machine, before a recipe is planned for them.

A fingerprint is plain data: the same images and the same machine give the same one, and it is
written as JSON beside the recipe. Rules decide by it (`ganzoo.interfaces.rule`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

Size: TypeAlias = tuple[int, int]
"""(height, width) in pixels."""


@dataclass(frozen=True)
class DomainFacts:
    """Facts of the images of one domain.

    folder: where the training images are.
    images, held_out: readable images to train on, and to test on.
    suffix: of most files, in lower case.
    unreadable: files that look like images and cannot be read, of both.
    looked_at: how many of the images to train on were decoded. Sizes are those of all, and equal
        files in x and y, or in training and test, are noticed in all; values, other copies and
        statistics are those of these, chosen by their names.
    smallest, median, largest: sizes of the smallest, the median and the largest image by pixels.
    aspects: the least, the median and the greatest width / height.
    kind: the colours of most images: "gray", "rgb", "cmyk" or "bands".
    channels: of most images, without opacity.
    dtype: the type of most images' values; bits: how many bits of it are used.
    values: the lowest and the highest value of all images, as stored.
    used: the share of the type's range that these span; 1 where that is unknown.
    range: the values to set as black and white where the type's own range is unknown, exceeded or
        hardly used; None where it does.
    pages: pages, frames or slices of most files.
    colours: how many different colours a typical image holds, counted up to 1,000.
    flat: the share of neighbouring pixels that are equal, in a typical image.
    noise: the standard deviation of independent noise in the calmest places of a typical image, in
        0 ... 1.
    label_map: whether they look like label maps: few colours in flat areas.
    saturation: the mean difference between the highest and the lowest channel, in 0 ... 1.
    duplicates, near_duplicates: images that are equal, or nearly equal, to an earlier one: without
        them one of each is left.
    detail: by a side in pixels ("32" ... "512"), the share of contrast, the standard deviation of
        gray, that is left when a typical image's shorter side is reduced to that; 1 above its own.
    likeness: how alike its images are: the mean correlation of two of them, as small gray pictures;
        1 for a single image.
    spread: the quick KID between its two halves: how far random halves of one domain are apart.
    """

    folder: str
    images: int
    held_out: int = 0
    suffix: str = ".png"
    unreadable: int = 0
    looked_at: int = 0
    smallest: Size = (256, 256)
    median: Size = (256, 256)
    largest: Size = (256, 256)
    aspects: tuple[float, float, float] = (1.0, 1.0, 1.0)
    kind: str = "rgb"
    channels: int = 3
    dtype: str = "uint8"
    bits: int = 8
    values: tuple[float, float] = (0.0, 255.0)
    used: float = 1.0
    range: tuple[float, float] | None = None
    pages: int = 1
    colours: int = 1000
    flat: float = 0.0
    noise: float = 0.0
    label_map: bool = False
    saturation: float = 0.3
    duplicates: int = 0
    near_duplicates: int = 0
    detail: Mapping[str, float] = field(default_factory=dict)
    likeness: float = 0.2
    spread: float | None = None

    @property
    def folder_name(self) -> str:
        """The last name of the folder, which a person knows it by."""
        return Path(self.folder).name or self.folder


@dataclass(frozen=True)
class DomainGap:
    """How the domains x and y stand to one another.

    equal_names: the share of the smaller domain's names that the other one has, too.
    correlation: the mean correlation of the outlines of small gray images of equal names, less that
        of images that are no pairs; None where there are fewer than 8 equal names. Pairs have about
        0.2 and more.
    shared: images that lie in both domains, equal or nearly so; of pairs, those that are equal.
    leaked: images to test on that lie in training, too, equal or nearly so.
    colour_distance: between the mean colours and their deviations, in 0 ... 1: a shift of all
        channels by a tenth of their range is 0.1.
    structure_distance: between the statistics of edges and texture, whatever colours and contrast
        are; near 0 for equal kinds of images, at most 1.
    separation: the share of images that simple statistics put into the right domain; 0.5 is chance.
        1 where there are fewer than 10 images of a domain.
    swapped: whether the test folders look exchanged.
    copy_kid: the quick KID of x as if it were a translation to y, and of y as one to x; they differ
        where one of the two is gray. None where there are fewer than 4 images of a domain.
    """

    equal_names: float = 0.0
    correlation: float | None = None
    shared: int = 0
    leaked: int = 0
    colour_distance: float = 0.3
    structure_distance: float = 0.3
    separation: float = 1.0
    swapped: bool = False
    copy_kid: tuple[float, float] | None = None


@dataclass(frozen=True)
class Machine:
    """The machine that a plan is for.

    device: "cpu", "cuda" or "mps". name: what it calls itself.
    memory: bytes for a training: half of its memory (of a graphics card, four fifths), or what is
        free where that is less; rounded down, so that they stay the same from run to run.
    cores: of its processor.
    bf16: whether half precision is faster on it.
    seconds: what a forward and a backward pass of two small networks take on its processor: "tiny",
        which is as slow as its operations are many, and "wide", as its products are.
    """

    device: str = "cpu"
    name: str = ""
    memory: int = 8 * 2**30
    cores: int = 2
    bf16: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Fingerprint:
    """What is known before a recipe is planned.

    layout: "domains" for two folders, "pairs" for pairs in two folders, "halves" for pairs side by
        side in one file.
    data: the settings by which the data set reads the images (`type`, `root`, `x`, `y` ...).
    kinds: the kinds of the findings of `ganzoo data check`, with their counts.
    """

    layout: Literal["domains", "pairs", "halves"]
    data: Mapping[str, object]
    x: DomainFacts
    y: DomainFacts
    gap: DomainGap = DomainGap()
    machine: Machine = Machine()
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def paired(self) -> bool:
        """Whether training images are pairs."""
        return self.layout != "domains"

    @property
    def domains(self) -> tuple[DomainFacts, DomainFacts]:
        """Both domains, x first."""
        return self.x, self.y

    @property
    def named_domains(self) -> tuple[tuple[str, DomainFacts], tuple[str, DomainFacts]]:
        """Both domains, each with its variable, x first."""
        return ("x", self.x), ("y", self.y)
