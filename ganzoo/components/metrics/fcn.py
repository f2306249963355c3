"""Generated photos, judged by a network that has learnt to read real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.components.metrics.classes import (
    ClassTables,
    Palette,
    check_rgb,
    confusions,
    row_figures,
    row_intervals,
    sample_figures,
)
from ganzoo.components.metrics.segmenter import VERSION, Segmenter, new_segmenter, train_segmenter
from ganzoo.components.metrics.tensor_cache import cached_network
from ganzoo.interfaces import Metric, Sample
from ganzoo.interfaces.metric import Interval

# How many examples tell one data set from another.
PROBES = 16
MODEL, REAL = "model", "real photos"
OTHER, COPY = "photo of another scene", "copy the input"


class FcnScore(Metric):
    """How well a network that reads real photos recognises what generated ones should show.

    A small segmentation network learns from real photos and label maps of the same set, which are
    not held out, and then names the class of every pixel of a generated photo. Compared with the
    label map that the photo was made of, that gives per-pixel accuracy, mean class accuracy and
    mean class IoU (Isola et al. 2017, arXiv:1611.07004, sec. 3.4; Long et al. 2015,
    arXiv:1411.4038). It is trained once for a data set and these settings, always from the same
    start, and kept in ganzoo's cache; on one core that takes about a minute at 64 px.

    palette: "streets", or the classes' colours as triples (red, green, blue) of 0 ... 255; every
        pixel of a label map is of the nearest colour's class.
    examples: how many photos it learns from, at most.
    steps: training steps, of 16 photos each, half of them mirrored.
    width: channels of its first layer.

    `prediction` is the generated photo, `labels` the label map it was made of, `photo` the real
    photo of that scene. The rows to compare the model with:
    "real photos" is the network's score on those, as good as it gets;
    "photo of another scene" takes the previous real photo: a perfect picture, of the wrong things;
    "copy the input" takes the label map for the photo.

    Raises:
        ValueError: a setting that makes no sense.
    """

    learns_from: ClassVar[tuple[str, ...]] = ("photo", "labels")

    def __init__(
        self,
        palette: str | list[list[int]] = "streets",
        examples: int = 800,
        steps: int = 400,
        width: int = 8,
    ) -> None:
        for name, number, least in (("examples", examples, 2), ("steps", steps, 1)):
            if number < least:
                raise ValueError(f"{name} must be at least {least}, not {number}")
        if width < 1:
            raise ValueError(f"width must be at least 1, not {width}")
        self.palette = Palette(palette)
        self.examples, self.steps, self.width = examples, steps, width
        self.segmenter: Segmenter | None = None
        self.tables = ClassTables(MODEL, REAL, OTHER, COPY)
        self.previous: Tensor | None = None

    def prepare(self, examples: Sequence[Sample], tell: Callable[[str], None]) -> None:
        """Train the network, or take it from the cache."""
        count = min(self.examples, len(examples))

        def train(network: Segmenter) -> None:
            tell(
                f"its segmenter learns from {count} real photos, {self.steps} steps; "
                "done once for this data set, then kept"
            )
            photos, classes = self._read(examples, count)
            train_segmenter(network.to(photos.device), photos, classes, self.steps)

        segmenter = cached_network(
            f"fcn-{VERSION}/{self._digest(examples, count)}",
            lambda: new_segmenter(len(self.palette), self.width),
            train,
        )
        self.segmenter = segmenter.to(examples[0]["photo"].device).eval()

    def update(self, prediction: Tensor, labels: Tensor, photo: Tensor) -> None:
        """Add a batch: images (N, 3, H, W) in [-1, 1], of one shape.

        Raises:
            ValueError: the shapes differ, or are not those of RGB images.
        """
        for images in (prediction, labels, photo):
            check_rgb(images, "fcn_score")
            if images.shape != labels.shape:
                raise ValueError(f"{tuple(images.shape)} against labels of {tuple(labels.shape)}")
        if self.segmenter is None:
            return
        truth = self.palette.classes(labels)
        seen = _named(self.segmenter, torch.cat([prediction.to(photo), photo, labels.to(photo)]))
        model, real, copy = seen.chunk(3)
        for row, found in ((MODEL, model), (REAL, real), (COPY, copy)):
            self._add(row, found, truth)
        for found, right in zip(real, truth, strict=True):
            if self.previous is not None and self.previous.shape == right.shape:
                self._add(OTHER, self.previous[None], right[None])
            self.previous = found

    def compute(self) -> dict[str, dict[str, float]]:
        """`pixel_accuracy`, `class_accuracy` and `class_iou`, each 0 ... 1, in up to four rows.

        Raises:
            ValueError: it was not prepared, or no image was added.
        """
        return row_figures(self._rows())

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Bootstrap intervals; the network stays what it is."""
        return row_intervals(self._rows())

    def sample_scores(self) -> dict[str, list[float]]:
        """The figures of each photo, over the classes that its labels show."""
        return sample_figures(self._rows()[MODEL])

    def _rows(self) -> dict[str, Tensor]:
        if self.segmenter is None:
            raise ValueError("there is nothing to score: none of its photos was learnt from")
        return self.tables.rows()

    def _add(self, row: str, found: Tensor, truth: Tensor) -> None:
        self.tables.add(row, confusions(found, truth, len(self.palette)))

    def _read(self, examples: Sequence[Sample], count: int) -> tuple[Tensor, Tensor]:
        """Photos (N, 3, H, W), uint8, and their pixels' classes (N, H, W)."""
        photos, classes = [], []
        for number in range(count):
            example = examples[number]
            photos.append(_levels(example["photo"]))
            classes.append(self.palette.classes(example["labels"][None])[0].to(torch.int16))
        return torch.stack(photos), torch.stack(classes).to(photos[0].device)

    def _digest(self, examples: Sequence[Sample], count: int) -> str:
        """What the network depends on, as a name: the settings and what the data look like."""
        settings = self.palette.colours.tolist(), count, self.steps, self.width
        digest = hashlib.sha256(repr(settings).encode())
        for number in range(0, count, -(-count // PROBES)):
            for image in examples[number].values():
                digest.update(repr(tuple(image.shape)).encode())
                digest.update(_levels(image).cpu().numpy().tobytes())
        return digest.hexdigest()[:16]


def _levels(image: Tensor) -> Tensor:
    """An image in [-1, 1] as uint8 of 0 ... 255."""
    return ((image.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


@torch.no_grad()
def _named(segmenter: Segmenter, photos: Tensor) -> Tensor:
    """The class (N, H, W) of each pixel, on the CPU; what is not finite is of no class."""
    device = segmenter.score.weight.device
    images = photos.detach().to(device, torch.float32)
    logits = segmenter(images.nan_to_num(0).clamp(-1, 1))
    named: Tensor = logits.argmax(1)
    return named.masked_fill(~images.isfinite().all(1), logits.shape[1]).cpu()
