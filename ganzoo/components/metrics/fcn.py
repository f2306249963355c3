"""A score of generated photos: a segmenter that learnt from real photos must recognise them."""

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
    scores_by_sample,
    total_intervals,
    total_scores,
)
from ganzoo.components.metrics.segmenter import VERSION, Segmenter, new_segmenter, train_segmenter
from ganzoo.components.metrics.task_training import predict
from ganzoo.components.metrics.tensor_cache import cached_network
from ganzoo.interfaces import Metric, Sample
from ganzoo.interfaces.levels import to_levels
from ganzoo.interfaces.metric import Interval

# How many examples the name in the cache is computed from.
PROBES = 16
MODEL, REAL = "model", "real photos"
OTHER, COPY = "photo of another scene", "copy the input"


class FcnScore(Metric):
    """How well a segmenter trained on real photos recognises what generated photos should show.

    A small segmentation network is trained on real photos and their label maps, none of them held
    out. Then it predicts the class of every pixel of a generated photo. The label map that the
    photo was generated from is the truth: the scores are per-pixel accuracy, mean class accuracy
    and mean class IoU (Isola et al. 2017, arXiv:1611.07004, sec. 3.4; Long et al. 2015,
    arXiv:1411.4038). The segmenter is trained once for a data set and these settings, always from
    the same weights, and kept in ganzoo's cache; on one core that takes about a minute at 64 px.

    palette: "streets", or the classes' colours as triples (red, green, blue) of 0 ... 255; every
        pixel of a label map has the class of the nearest colour.
    examples: how many photos the segmenter is trained on, at most.
    steps: training steps, of 16 photos each, half of them mirrored.
    width: channels of the segmenter's first layer.

    `prediction` is the generated photo, `labels` the label map it was generated from, `photo` the
    real photo of that scene. Baselines of the model:
    "real photos" takes `photo`: no generated photo can be expected to score higher;
    "photo of another scene" takes the previous `photo`: perfect in quality, wrong in content;
    "copy the input" takes the label map itself.

    Raises:
        ValueError: a setting that makes no sense.
    """

    compares: ClassVar[tuple[str, ...]] = ("prediction", "photo")
    learns_from: ClassVar[tuple[str, ...]] = ("photo", "labels")
    measures = "faithfulness"
    main_score = "class_iou"

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
        """Train the segmenter, or read it from the cache."""
        count = min(self.examples, len(examples))

        def train(network: Segmenter) -> None:
            tell(
                f"its segmenter learns from {count} real photos, {self.steps} steps; "
                "done once for this data set, then kept"
            )
            photos, classes = self._read(examples, count)
            train_segmenter(network.to(photos.device), photos, classes, self.steps, self.tick)

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
        images = torch.cat([prediction.to(photo), photo, labels.to(photo)])
        model, real, copy = predict(self.segmenter, images).chunk(3)
        for system, classes in ((MODEL, model), (REAL, real), (COPY, copy)):
            self._add(system, classes, truth)
        for classes, right in zip(real, truth, strict=True):
            if self.previous is not None and self.previous.shape == right.shape:
                self._add(OTHER, self.previous[None], right[None])
            self.previous = classes

    def compute(self) -> dict[str, dict[str, float]]:
        """`pixel_accuracy`, `class_accuracy` and `class_iou`, 0 ... 1, with up to three baselines.

        Raises:
            ValueError: it was not prepared, or no image was added.
        """
        return total_scores(self._tables())

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Bootstrap intervals over the test photos, with the same segmenter throughout."""
        return total_intervals(self._tables())

    def sample_scores(self) -> dict[str, list[float]]:
        """The scores of each photo, over the classes that its label map shows."""
        return scores_by_sample(self._tables()[MODEL])

    def _tables(self) -> dict[str, Tensor]:
        if self.segmenter is None:
            raise ValueError("there is nothing to score: none of its photos was learnt from")
        return self.tables.stacked()

    def _add(self, system: str, predicted: Tensor, truth: Tensor) -> None:
        self.tables.add(system, confusions(predicted, truth, len(self.palette)))

    def _read(self, examples: Sequence[Sample], count: int) -> tuple[Tensor, Tensor]:
        """Photos (N, 3, H, W), uint8, and the classes (N, H, W) of their pixels."""
        photos, classes = [], []
        for number in range(count):
            example = examples[number]
            photos.append(to_levels(example["photo"]))
            classes.append(self.palette.classes(example["labels"][None])[0].to(torch.int16))
        return torch.stack(photos), torch.stack(classes).to(photos[0].device)

    def _digest(self, examples: Sequence[Sample], count: int) -> str:
        """A hash of what the segmenter depends on: the settings, and some of the examples."""
        settings = self.palette.colours.tolist(), count, self.steps, self.width
        digest = hashlib.sha256(repr(settings).encode())
        for number in range(0, count, -(-count // PROBES)):
            for image in examples[number].values():
                digest.update(repr(tuple(image.shape)).encode())
                digest.update(to_levels(image).cpu().numpy().tobytes())
        return digest.hexdigest()[:16]
