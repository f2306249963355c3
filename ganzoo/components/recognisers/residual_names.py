"""Residual generators, by the names that the CycleGAN authors' code gives their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.components.recognisers.layer_names import NumberedLayers, is_number, norm_of
from ganzoo.interfaces.recogniser import Guess, Options, Recogniser, Shapes

FIRST, BLOCK = 1, "conv_block"
ENCODER, DECODER = "encoder.model.", "decoder.model."  # in joliGEN's code


class ResidualNames(Recogniser):
    """Residual generators of the CycleGAN authors' PyTorch code, of any number of blocks.

    `model.1` is the first convolution, `model.10.conv_block.1` the first of the first block of a
    generator with two downsamplings; joliGEN's code has the same layers as `encoder.model` and
    `decoder.model`, its mobile ones with separable convolutions in the blocks. Those whose sizes
    change through blurs (Park et al. 2020) have buffers called `filt` there; old files have running
    statistics of instance norm.
    """

    def recognise(self, shapes: Shapes, options: Options) -> Iterator[Guess]:
        """At most one guess."""
        joined = _joined(shapes)
        layers = NumberedLayers({joined[name]: shape for name, shape in shapes.items()}, "model.")
        blocks, ends = layers.with_block(BLOCK), layers.with_tensor("weight")
        if len(layers.shape(FIRST)) != 4 or not blocks or len(ends) < 2:
            return
        settings, evidence = _outside(layers, ends[-1])
        for more, why in (_sizes(layers, blocks), norm_of(layers, FIRST)):
            settings, evidence = settings | more, evidence | why
        inside = _read_block(layers, blocks[0])
        assumed = () if "block_padding" in inside.settings else _padding(options, settings)
        names = {name: inside.rename(after) for name, after in joined.items()}
        yield Guess(
            "generator",
            "resnet",
            settings | inside.settings,
            evidence | inside.evidence,
            names={name: after for name, after in names.items() if name != after},
            assumed=assumed,
        )


def _joined(shapes: Shapes) -> dict[str, str]:
    """The names of one sequence of layers, where they are in an encoder and a decoder."""
    within = NumberedLayers(shapes, ENCODER)
    first = max(within.tensors, default=-1) + 1
    joined = {name: name for name in shapes}
    for name in shapes if first else ():
        if name.startswith(ENCODER):
            joined[name] = name.removeprefix("encoder.")
        elif name.startswith(DECODER):
            number, dot, rest = name.removeprefix(DECODER).partition(".")
            joined[name] = f"model.{int(number) + first}{dot}{rest}" if is_number(number) else name
    return joined


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

    def rename(self, name: str) -> str:
        """The name of a tensor in a block whose layers have other numbers in ganzoo."""
        before, block, rest = name.partition(f".{BLOCK}.")
        number, dot, last = rest.partition(".")
        if not block or number not in self.moved:
            return name
        return f"{before}{block}{self.moved[number]}{dot}{last}"


def _read_block(layers: NumberedLayers, block: int) -> Inside:
    """Dropout moves the second convolution by one; padding inside convolutions, both by more."""
    tensors = layers.tensors[block]
    rests = {name.removeprefix(f"{BLOCK}."): shape for name, shape in tensors.items()}
    separable = any(name.endswith(".conv.0.weight") for name in rests)
    last = "conv.0.weight" if separable else "weight"
    convolutions = NumberedLayers(rests, "").with_tensor(last)
    first, second = convolutions[:2] if len(convolutions) > 1 else (1, 5)
    settings: dict[str, Any] = {}
    evidence, moved = dict[str, str](), dict[str, str]()
    if separable:
        settings["separable"] = True
        evidence["separable convolutions"] = layers.name(block, f"{BLOCK}.{first}.{last}")
    if second - first == (5 if first else 4):
        settings["dropout"] = 0.5
        evidence["dropout"] = f"{layers.name(block, f'{BLOCK}.{second}')}, without it one less"
    if not first:
        settings["block_padding"] = "zero"
        evidence["zeros around the blocks"] = layers.name(block, f"{BLOCK}.0.weight")
        shift = {first: 1, first + 1: 2, second: second + 2, second + 1: second + 3}
        moved = {str(old): str(new) for old, new in shift.items()}
    return Inside(settings, evidence, moved)


def _padding(options: Options, settings: dict[str, Any]) -> tuple[str, ...]:
    """Mirrored and repeated borders leave no trace in the names."""
    if options.get("G_padding_type", options.get("padding_type")) == "replicate":
        settings["padding"] = "replicate"
        return ()
    return ('borders are mirrored (padding = "reflect"), as published',)
