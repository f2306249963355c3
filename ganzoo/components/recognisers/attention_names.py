"""Residual generators with attention masks, by the names of joliGEN's code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ganzoo.components.recognisers.layer_names import NumberedLayers
from ganzoo.interfaces.recogniser import Guess, Options, Recogniser, Shapes

CONTENT, MASKS = "deconv3_content.weight", "deconv3_attention.weight"
BLOCKS = "resnet_blocks."


class AttentionNames(Recogniser):
    """joliGEN's `resnet_attn` and `mobile_resnet_attn`: `conv1`, `resnet_blocks.0.conv1` ...

    The mobile ones have separable convolutions, `resnet_blocks.0.conv1.conv.0` and `.2`.
    """

    def recognise(self, shapes: Shapes, options: Options) -> Iterator[Guess]:
        """A guess for each number of masks that could show the input, likeliest first."""
        first, content, masks = (shapes.get(n, ()) for n in ("conv1.weight", CONTENT, MASKS))
        if min(len(first), len(content), len(masks)) < 4:
            return
        width, in_channels = first[:2]
        blocks = NumberedLayers(shapes, BLOCKS)
        separable = f"{BLOCKS}0.conv1.conv.0.weight" in shapes
        settings: dict[str, Any] = {"width": width, "blocks": len(blocks.tensors)}
        settings |= {"masks": masks[0], "separable": separable, "in_channels": in_channels}
        evidence = {
            f"width {width}": f"conv1.weight {first}",
            f"{settings['blocks']} residual blocks": blocks.between(sorted(blocks.tensors) or [0]),
            f"{masks[0]} masks": f"{MASKS} {masks}",
        }
        if separable:
            evidence["separable convolutions"] = f"{BLOCKS}0.conv1.conv.0"
        assumed = ["attention without a second pass through the blocks"]
        if options.get("G_padding_type", "reflect") == "reflect":
            assumed.append('borders are mirrored (padding = "reflect"), as joliGEN does by default')
        else:
            settings["padding"] = "zero"
        for out_channels, input_masks in _splits(content[0], masks[0], in_channels, options):
            last = {f"{in_channels} -> {out_channels} channels": f"{CONTENT} {content}"}
            more = {"out_channels": out_channels, "input_masks": input_masks}
            yield Guess(
                "generator",
                "attention_resnet",
                settings | more,
                evidence | last,
                assumed=(*assumed, f"{input_masks} of the masks show the input (input_masks)"),
            )


def _splits(content: int, masks: int, in_channels: int, options: Options) -> list[tuple[int, int]]:
    """Channels of the output and masks of the input that give so many channels of content."""
    said = options.get("G_attn_nb_mask_input")
    splits = [
        (content // (masks - n), n) for n in range(min(masks, 16)) if content % (masks - n) == 0
    ]
    # As many channels as the input has, and one mask of it, are joliGEN's own defaults.
    order = {each: (each[1] != said, each[0] != in_channels, abs(each[1] - 1)) for each in splits}
    return sorted(splits, key=lambda each: order[each])
