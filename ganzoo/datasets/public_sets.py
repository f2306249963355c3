"""The public data sets of Zhu et al. 2017 and Isola et al. 2017, and where their authors keep them.

The addresses are those of the authors' download scripts. Sizes and checksums of the archives of
CycleGAN are those that TensorFlow Datasets 4 recorded at the authors' former address. Nobody
verified them for ganzoo: its tests have no network.
"""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.errors import GanzooError, did_you_mean, listed

UNPAIRED = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets"
PAIRS = "https://efrosgans.eecs.berkeley.edu/pix2pix/datasets"
PAPERS = {UNPAIRED: "arXiv:1703.10593", PAIRS: "arXiv:1611.07004"}


@dataclass(frozen=True)
class PublicSet:
    """A data set that its authors offer as an archive.

    name: what `ganzoo data fetch` calls it.
    place: the folder of the web that its archive is in.
    archive: the archive's file name.
    images: what it holds, by its authors' page.
    size: the archive's bytes; 0 where nobody recorded them.
    sha256: the archive's checksum in hexadecimal; "" where nobody recorded it.
    about: the size in words, where `size` is unknown.
    recipe: the recipe at the paper's settings; "" for images that are only translated.
    """

    name: str
    place: str
    archive: str
    images: str
    size: int = 0
    sha256: str = ""
    about: str = ""
    recipe: str = ""

    @property
    def address(self) -> str:
        """Where the archive is."""
        return f"{self.place}/{self.archive}"

    @property
    def paper(self) -> str:
        """The paper that it was published with."""
        return PAPERS[self.place]


def _unpaired(name: str, images: str, size: int, sha256: str) -> PublicSet:
    return PublicSet(name, UNPAIRED, f"{name}.zip", images, size, sha256, recipe=f"cyclegan_{name}")


def _pairs(name: str, archive: str, images: str, about: str, size: int = 0) -> PublicSet:
    recipe = f"pix2pix_{name.removesuffix('_pairs')}"
    return PublicSet(name, PAIRS, archive, images, size, about=about, recipe=recipe)


_ALL = (
    _unpaired(
        "apple2orange",
        "996 apples, 1,020 oranges (ImageNet)",
        78_456_409,
        "845a191e9af8926408ea597001cd03a452e3300a1f44a79fe329b3d59f6e3eb8",
    ),
    _unpaired(
        "horse2zebra",
        "939 horses, 1,177 zebras (ImageNet)",
        116_867_962,
        "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1",
    ),
    _unpaired(
        "summer2winter_yosemite",
        "1,273 summer, 854 winter photos (Flickr)",
        132_640_856,
        "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9",
    ),
    _unpaired(
        "monet2photo",
        "1,074 paintings, 6,853 photos",
        305_231_073,
        "88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04",
    ),
    _unpaired(
        "cezanne2photo",
        "584 paintings, 6,853 photos",
        279_885_071,
        "3a6c10ca21f9485862f1cbd707744b9dc258954a04631271d23a3605eeb63cff",
    ),
    _unpaired(
        "ukiyoe2photo",
        "1,433 prints, 6,853 photos",
        292_946_532,
        "02a2a2fb5ecf425ca1bf86aca7304377da64a2a1d3b86df54eb65e4068bf3b08",
    ),
    _unpaired(
        "vangogh2photo",
        "401 paintings, 6,853 photos",
        306_590_349,
        "362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff",
    ),
    _unpaired(
        "iphone2dslr_flower",
        "1,813 phone, 3,316 camera photos (Flickr)",
        339_964_458,
        "8fcb5e374d631b107e1d961b8c4cd0a186aa2a4ff3e279923f4c426128de7113",
    ),
    _unpaired(
        "maps",
        "1,096 aerial photos and maps, unpaired",
        1_476_754_427,
        "639534f69dbf9f36bef8d6292a7698006361221f83f0285d7c9ca78afe6e8a9e",
    ),
    _unpaired(
        "facades",
        "400 photos and label maps (CMP), unpaired",
        35_135_868,
        "9a31ebf3a31b9b5cd195dd5bf62e9308e00cb94604d1019e3889ac84248695c0",
    ),
    PublicSet("ae_photos", UNPAIRED, "ae_photos.zip", "photos to paint in a style", about="10 MB"),
    _pairs("facades_pairs", "facades.tar.gz", "400 pairs (CMP)", "", 30_168_306),
    _pairs("maps_pairs", "maps.tar.gz", "1,096 pairs", "250 MB"),
    _pairs("edges2shoes", "edges2shoes.tar.gz", "50,000 pairs (UT Zappos50K)", "2 GB"),
    _pairs("edges2handbags", "edges2handbags.tar.gz", "137,000 pairs (Amazon, iGAN)", "8 GB"),
    _pairs("night2day", "night2day.tar.gz", "20,000 pairs (Transient Attributes)", ""),
)
SETS = {each.name: each for each in _ALL}

WITHDRAWN = {
    "cityscapes": "its licence does not let the authors hand it on: register at "
    "https://www.cityscapes-dataset.com, fetch gtFine_trainvaltest.zip and "
    "leftImg8bit_trainvaltest.zip, and put photos and label maps into trainA/ trainB/ testA/ testB/"
}


def find_set(name: str) -> PublicSet:
    """The set of that name.

    Raises:
        GanzooError: there is none; with the closest name, or why it cannot be fetched.
    """
    if name in SETS:
        return SETS[name]
    if name in WITHDRAWN:
        raise GanzooError(f"'{name}' cannot be fetched: {WITHDRAWN[name]}")
    hint = did_you_mean(name, [*SETS, *WITHDRAWN]) or f" There are {listed(SETS)}."
    raise GanzooError(f"no public data set is called '{name}'.{hint}")
