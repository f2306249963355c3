"""Residual generators, by the names that the CycleGAN authors' code gives their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.components.recognisers.layer_names import NumberedLayers, norm_of
from ganzoo.interfaces.recogniser import Guess, Options, Recogniser, Shapes

FIRST, BLOCK = 1, "conv_block"


class ResidualNames(Recogniser):
    """Residual generators of the CycleGAN authors' PyTorch code, of any number of blocks.

    `model.1` is the first convolution, `model.10.conv_block.1` the first of the first block of a
    generator with two downsamplings. Those whose sizes change through blurs (Park et al. 2020) have
    buffers called `filt` there; old files have running statistics of instance norm.
    """

    def recognise(self, shapes: Shapes, options: Options) -> Iterator[Guess]:
        """At most one guess."""
        layers = NumberedLayers(shapes, "model.")
        blocks, ends = layers.with_block(BLOCK), layers.with_tensor("weight")
        if len(layers.shape(FIRST)) != 4 or not blocks or len(ends) < 2:
            return
        settings, evidence = _outside(layers, ends[-1])
        for more, why in (_sizes(layers, blocks), norm_of(layers, FIRST)):
            settings, evidence = settings | more, evidence | why
        inside = _read_block(layers, blocks[0])
        assumed = () if "block_padding" in inside.settings else _padding(options, settings)
        yield Guess(
            "generator",
            "resnet",
            settings | inside.settings,
            evidence | inside.evidence,
            names=_names(shapes, inside.moved),
            assumed=assumed,
        )


def _outside(layers: NumberedLayers, last: int) -> tuple[dict[str, Any], dict[str, str]]:
    """What the first and the last convolution tell."""
    width, in_channels, kernel = layers.shape(FIRST)[:3]
    out_channels = layers.shape(last)[0]
    settings = {"in_channels": in_channels, "out_channels": out_channels, "width": width}
    evidence = {f"width {width}": layers.place(FIRST)}
    evidence[f"{in_channels} -> {out_channels} channels"] = (
        f"{layers.name(FIRST, 'weight')}, {layers.place(last)}"
    )
    return settings | ({"kernel": kernel} if kernel != 7 else {}), evidence


def _sizes(layers: NumberedLayers, blocks: list[int]) -> tuple[dict[str, Any], dict[str, str]]:
    """Blocks, downsamplings, and how sizes change."""
    downs = [n for n in layers.with_tensor("weight") if FIRST < n < blocks[0]]
    settings: dict[str, Any] = {"blocks": len(blocks), "downsamplings": len(downs)}
    evidence = {f"{len(blocks)} residual blocks": layers.between(blocks)}
    if downs:
        evidence[f"{len(downs)} downsamplings"] = layers.between(downs)
    blurs = layers.with_tensor("filt")
    if before := [n for n in blurs if n < blocks[0]]:
        settings["downsampling"] = "blurred"
        evidence["down through a blur"] = layers.place(before[0], "filt")
    if after := [n for n in blurs if n > blocks[-1]]:
        settings["upsampling"] = "blurred"
        evidence["up through a blur"] = layers.place(after[0], "filt")
    elif resized := layers.with_tensor("2.weight"):
        settings["upsampling"] = "resize"
        evidence["up by resizing"] = layers.place(resized[0], "2.weight")
    return settings, evidence


@dataclass(frozen=True)
class Inside:
    """What a residual block tells; `moved` are other numbers that its layers have in ganzoo."""

    settings: dict[str, Any]
    evidence: dict[str, str]
    moved: Mapping[str, str]


def _read_block(layers: NumberedLayers, block: int) -> Inside:
    """Dropout moves the second convolution by one; padding inside convolutions, both by more."""
    inside = layers.tensors[block]
    inner = sorted({int(n) for n in (name.split(".")[1] for name in inside) if n.isdigit()})
    convolutions = [n for n in inner if len(inside.get(f"{BLOCK}.{n}.weight", ())) == 4]
    first, second = convolutions[:2] if len(convolutions) > 1 else (1, 5)
    settings: dict[str, Any] = {}
    evidence, moved = dict[str, str](), dict[str, str]()
    padded = first > 0
    if second - first == (5 if padded else 4):
        settings["dropout"] = 0.5
        evidence["dropout"] = f"{layers.name(block, f'{BLOCK}.{second}')}, without it one less"
    if not padded:
        settings["block_padding"] = "zero"
        evidence["zeros around the blocks"] = layers.name(block, f"{BLOCK}.0.weight")
        shift = {first: 1, first + 1: 2, second: second + 2, second + 1: second + 3}
        moved = {str(old): str(new) for old, new in shift.items()}
    return Inside(settings, evidence, moved)


def _names(shapes: Shapes, moved: Mapping[str, str]) -> dict[str, str]:
    """The names of tensors in blocks whose layers have other numbers in ganzoo."""
    names = {}
    for name in shapes if moved else ():
        before, block, rest = name.partition(f".{BLOCK}.")
        number, dot, last = rest.partition(".")
        if block and number in moved:
            names[name] = f"{before}{block}{moved[number]}{dot}{last}"
    return names


def _padding(options: Options, settings: dict[str, Any]) -> tuple[str, ...]:
    """Mirrored and repeated borders leave no trace in the names."""
    if options.get("G_padding_type", options.get("padding_type")) == "replicate":
        settings["padding"] = "replicate"
        return ()
    return ('borders are mirrored (padding = "reflect"), as published',)
