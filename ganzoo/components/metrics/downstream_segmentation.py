"""What generated photos are worth to a segmenter, which is tested on real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor, nn

from ganzoo.components.metrics.classes import Palette, check_rgb, class_scores, confusions
from ganzoo.components.metrics.downstream import Downstream
from ganzoo.components.metrics.segmenter import Segmenter, new_segmenter, train_segmenter
from ganzoo.interfaces.metric import Tick


class DownstreamSegmentation(Downstream):
    """How well a segmenter that learnt from generated images segments real ones.

    A small segmentation network is trained on generated images; the classes of their pixels are
    known from what they were generated from. Then it segments held-out real images. So it is used
    where labels are had for one kind of images, as rendered ones, and wanted for another (Hoffman
    et al. 2018, arXiv:1711.03213, sec. 4.2). Scores are per-pixel accuracy, mean class accuracy and
    mean class IoU (Long et al. 2015, arXiv:1411.4038, sec. 5).

    palette: "streets", or the classes' colours as triples (red, green, blue) of 0 ... 255; every
        pixel of a label map has the class of the nearest colour.
    examples: how many images a network is trained on, at most.
    steps: training steps, of 16 images each, half of them mirrored.
    width: channels of a network's first layer.
    networks: how many networks learn from each kind of images, with seeds 0, 1, 2 ...; a score is
        the mean of theirs, and its interval is over the networks and the test images.

    `prediction` is the generated image, `labels` the label map of its scene, `target` the real
    image of it and `source` the image that the generated one was made from. The networks learn from
    training samples. Baselines of the model:
    "trained on the inputs" learns from `source`: what is had without a model;
    "trained on real ones" learns from `target`: no generated images can be expected to teach more;
    "mean layout" says, at every pixel, the class that is most frequent there in training.

    Raises:
        ValueError: a setting that makes no sense.
    """

    guess: ClassVar[str] = "mean layout"

    def __init__(
        self,
        palette: str | list[list[int]] = "streets",
        examples: int = 400,
        steps: int = 200,
        width: int = 8,
        networks: int = 3,
    ) -> None:
        super().__init__(examples, steps, width, networks)
        self.palette = Palette(palette)

    def update(
        self,
        prediction: Tensor | None,
        labels: Tensor,
        target: Tensor,
        source: Tensor | None = None,
    ) -> None:
        """Test on a batch of real images `target` (N, C, H, W) in [-1, 1] and their label maps.

        Raises:
            ValueError: label maps are no RGB images, or differ from the images in size.
        """
        if target.dim() != 4 or target.shape[-2:] != labels.shape[-2:]:
            shapes = f"{tuple(target.shape)}, label maps {tuple(labels.shape)}"
            raise ValueError(f"images are {shapes}: each pixel needs a class")
        self._test(self._find_truth(labels), target)

    def _find_truth(self, labels: Tensor) -> Tensor:
        check_rgb(labels, "a palette's label map")
        return self.palette.classes(labels)

    def _classes(self) -> int:
        return len(self.palette)

    def _make_network(self, channels: int, seed: int) -> Segmenter:
        return new_segmenter(len(self.palette), self.width, channels, seed)

    def _train(
        self, network: nn.Module, images: Tensor, truth: Tensor, seed: int, tick: Tick
    ) -> None:
        assert isinstance(network, Segmenter)
        train_segmenter(network, images, truth, self.steps, tick, seed, linear=True)

    def _count(self, predicted: Tensor, truth: Tensor) -> Tensor:
        return confusions(predicted, truth, len(self.palette))

    def _score(self, counts: Tensor) -> Mapping[str, Tensor]:
        return class_scores(counts)
