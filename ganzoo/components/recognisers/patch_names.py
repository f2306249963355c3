"""Discriminators of patches and of pixels, by the names of the authors' code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ganzoo.components.recognisers.layer_names import NumberedLayers, norm_of
from ganzoo.interfaces.recogniser import Guess, Options, Recogniser, Shapes


class PatchNames(Recogniser):
    """Discriminators of the CycleGAN and pix2pix authors' PyTorch code.

    Those of patches are called `model.0`, `model.2`, `model.5` ..., those of pixels `net.0`,
    `net.2`, `net.5`.
    """

    def recognise(self, shapes: Shapes, options: Options) -> Iterator[Guess]:
        """At most one guess."""
        for prefix, component, kernel in (("model.", "patchgan", 4), ("net.", "pixel", 1)):
            layers = NumberedLayers(shapes, prefix)
            convolutions = layers.with_tensor("weight")
            is_whole = len(convolutions) > 2 and convolutions[0] == 0
            if is_whole and layers.shape(0)[2:] == (kernel, kernel):
                yield _guess(layers, convolutions, component)


def _guess(layers: NumberedLayers, convolutions: list[int], component: str) -> Guess:
    width, in_channels = layers.shape(0)[:2]
    norm, why = norm_of(layers, convolutions[1])
    settings: dict[str, Any] = {"in_channels": in_channels, "width": width, **norm}
    evidence = {f"width {width}": layers.place(0), f"{in_channels} channels": layers.name(0)}
    if component == "patchgan":
        settings["layers"] = len(convolutions) - 2
        evidence[f"{settings['layers']} halvings"] = layers.between(convolutions)
    return Guess("discriminator", component, settings, evidence | why)
