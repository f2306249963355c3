"""`ganzoo evaluate --folders`: compares two folders of saved images without a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.lookup import Lookup
from ganzoo.builder.resolve_metrics import read_metric
from ganzoo.components.data.image_files import open_source, read_image
from ganzoo.components.data.image_listing import no_images, shown, survey
from ganzoo.engine.device import find_device
from ganzoo.errors import DataError, ModelError, RecipeError
from ganzoo.evaluation.assessment import Printable
from ganzoo.evaluation.evaluate import compute_or_refuse
from ganzoo.evaluation.folder_copies import describe_copied
from ganzoo.evaluation.folder_warnings import describe_differences, describe_equal
from ganzoo.evaluation.measuring import Evaluation, Tell
from ganzoo.evaluation.observed import GIVEN, HELD_OUT
from ganzoo.evaluation.showing import Tick, no_tick
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.levels import from_levels
from ganzoo.recipe.overrides import override
from ganzoo.recipe.validation import check_tables
from ganzoo.registry.discovery import installed
from ganzoo.registry.signature import wires
from ganzoo.runs.folder import finite

REAL, FAKE = "real", "fake"
SOURCE = "source"
# The metrics by default: of two distributions, and in addition if the images are pairs.
DISTRIBUTION, PAIRS = ("kid",), ("psnr", "ssim")
SAME = "both folders hold the same images, pixel by pixel: each is compared with itself"
# With training images.
COPIES = ("memorisation",)


class SavedImages(Data):
    """Images `real` and `fake` from two folders; each keeps its size.

    They are read as RGB, or as the bands that the first one of a folder has.
    They are pairs if both folders hold the same names; suffixes such as `.png` may differ.
    train: a folder of images that were trained on; left out, `real` counts as such.

    Raises:
        DataError: a folder cannot be read, or holds no images.
    """

    def __init__(self, real: Path, fake: Path, train: Path | None = None) -> None:
        images = {REAL: _list_by_name(real), FAKE: _list_by_name(fake)}
        self.paired = images[REAL].keys() == images[FAKE].keys()
        self.files = {name: [files[key] for key in sorted(files)] for name, files in images.items()}
        self.variables = {name: _variable_of(files[0]) for name, files in self.files.items()}
        self.digests: dict[str, dict[int, bytes]] = {name: {} for name in self.files}
        self.training = [*_list_by_name(train).values()] if train else self.files[REAL]

    def __len__(self) -> int:
        return 0

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Raise an error: there are no training samples."""
        raise IndexError(index)

    def train_counts(self) -> dict[str, int]:
        """The number of training images, which are `real`."""
        return {REAL: len(self.training)}

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Training image `real` (C, H, W) in [-1, 1]."""
        return {REAL: from_levels(read_image(self.training[index], self.variables[REAL]))}

    def unaugmented_names(self, index: int) -> dict[str, str]:
        """Its file."""
        return {REAL: self.training[index].name}

    def test_count(self) -> int:
        """The number of images in the larger folder."""
        return max(map(len, self.files.values()))

    def test_counts(self) -> dict[str, int]:
        """The number of images in each folder."""
        return {name: len(files) for name, files in self.files.items()}

    def test_sample(self, index: int) -> Sample:
        """`real` and `fake` (C, H, W) in [-1, 1], which may differ in size."""
        return {name: self._read(name, index % len(files)) for name, files in self.files.items()}

    def are_the_same(self) -> bool:
        """Whether both folders hold the same images, pixel by pixel, of those that were read."""
        return {*self.digests[REAL].values()} == {*self.digests[FAKE].values()}

    def _read(self, name: str, index: int) -> Tensor:
        levels = read_image(self.files[name][index], self.variables[name])
        if index not in self.digests[name]:
            digest = hashlib.blake2b(repr((levels.shape, levels.dtype)).encode(), digest_size=16)
            digest.update(levels.contiguous().numpy().tobytes())
            self.digests[name][index] = digest.digest()
        return from_levels(levels)


@dataclass(frozen=True, repr=False)
class FolderScores(Printable):
    """Scores of two folders.

    counts: the number of images in each. same: both hold the same images, pixel by pixel.
    """

    real: Path
    fake: Path
    counts: dict[str, int]
    paired: bool
    evaluation: Evaluation
    same: bool = False

    @property
    def headline(self) -> str:
        """The two folders, and how many images were compared."""
        pairs = ", pairs by name" if self.paired else ""
        counts = f"{self.counts[FAKE]} images against {self.counts[REAL]}"
        lines = f"{shown(self.fake)} against {shown(self.real)}: {counts}{pairs}"
        return f"{lines}\n{SAME}" if self.same else lines

    def as_json(self) -> dict[str, Any]:
        """For programs; null where a score is not a number (NaN, infinity)."""
        tables = {
            "real": str(self.real),
            "fake": str(self.fake),
            "counts": self.counts,
            "paired": self.paired,
            "same": self.same,
            **self.evaluation.tables(),
        }
        plain: dict[str, Any] = finite(tables)
        return plain


def evaluate_folders(
    real: Path,
    fake: Path,
    *,
    train: Path | None = None,
    metrics: Sequence[str] = (),
    overrides: Sequence[str] = (),
    device: str = "",
    tell: Tell,
    tick: Tick = no_tick,
) -> FolderScores:
    """Compute metrics of the images in two folders.

    train: images that the tool which made `fake` was trained on, to find copies of them.
    metrics: their types, as "fid"; left out, kid, of pairs also psnr and ssim, and with `train`
        also memorisation.
    overrides: their settings, as `["metrics.kid.backbone=inception"]`.
    device: see `find_device`. tell, tick: as of `evaluate`.

    Raises:
        DataError: a folder holds no images.
        ModelError: a metric cannot be computed on the images.
        RecipeError: there is no such metric, or it refuses its settings.
    """
    where = find_device(device)
    data = SavedImages(real, fake, train)
    usual = [*(PAIRS if data.paired else ()), *DISTRIBUTION, *(COPIES if train else ())]
    names = list(dict.fromkeys(metrics)) or usual
    blueprint = _blueprint(names, data, overrides)
    model = Model({}, {}, data.variables, {}).to(where)
    evaluation = compute_or_refuse(blueprint, model, data, list(blueprint.metrics), tell, tick)
    for warning in _list_warnings(data):
        tell(f"note: {warning}")
    given = {name: {GIVEN: kinds[HELD_OUT]} for name, kinds in evaluation.observed.items()}
    evaluation = replace(evaluation, observed=given)  # the images may have been trained on
    counts, same = data.test_counts(), data.are_the_same()
    return FolderScores(real, fake, counts, data.paired, evaluation, same)


def _list_warnings(data: SavedImages) -> list[str]:
    """What a person should know before the scores are believed."""
    real, fake = data.files[REAL], data.files[FAKE]
    equal = describe_equal(real, fake)
    copied = "" if equal or data.paired else describe_copied(data, REAL, FAKE)
    return [text for text in (equal, copied, *describe_differences(real, fake)) if text]


def _blueprint(names: Sequence[str], data: SavedImages, overrides: Sequence[str]) -> Blueprint:
    lookup = Lookup(installed().registry)
    tables: Mapping[str, Any] = {
        "networks": {},
        "losses": {},
        "optimizers": {},
        "train": {"length": "1 step"},
        "data": {"type": "saved images"},
        "metrics": {name: {"type": name, **_wires_of(name, lookup)} for name in names},
    }
    recipe = check_tables(override(tables, overrides), "--folders")
    blueprint = Blueprint(recipe, dataset=data, variables=dict(data.variables))
    for name, table in recipe.metrics.items():
        read_metric(name, table, blueprint, lookup)
    if lookup.faults:
        raise RecipeError("--folders", lookup.faults)
    unread = [name for name in names if name not in blueprint.metrics]
    if not data.paired:
        unread += [name for name, plan in blueprint.metrics.items() if SOURCE in plan.wires]
    if unread:
        pairs = ", ".join(unread)
        raise ModelError(f"--folders: {pairs} compares pairs: files of equal names in both folders")
    return blueprint


def _wires_of(name: str, lookup: Lookup) -> dict[str, str]:
    """A metric's wires; one that compares outputs with their inputs takes `real` for the inputs."""
    metric_class = Lookup(lookup.registry).load("metric", name, f"metrics.{name}")
    wanted = wires(metric_class.update) if metric_class else {}
    return {"prediction": FAKE, SOURCE if wanted.get(SOURCE) else "target": REAL}


def _variable_of(path: Path) -> Variable:
    """What a folder's images are read as, by its first one."""
    with open_source(path) as source:
        header = source.header
        return Variable(header.bands if header.kind == "bands" else 3)


def _list_by_name(folder: Path) -> dict[str, Path]:
    """The images of a folder by name, without suffixes unless two names would be equal."""
    if not folder.is_dir():
        raise DataError(f"--folders: there is no folder {shown(folder)}")
    files = survey(folder)
    if not files.images:
        raise DataError(f"--folders: no images in {shown(folder)}{no_images(files)}")
    stems = {shown(path.relative_to(folder).with_suffix("")): path for path in files.images}
    if len(stems) == len(files.images):
        return stems
    return {shown(path.relative_to(folder)): path for path in files.images}
