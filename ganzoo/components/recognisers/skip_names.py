"""U-Nets, by the names that the pix2pix authors' code gives their weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ganzoo.components.recognisers.layer_names import NumberedLayers, norm_of
from ganzoo.interfaces.recogniser import Guess, Options, Recogniser, Shapes

OUTER = "model.model."
MOST_LEVELS = 16


class SkipNames(Recogniser):
    """U-Nets of the pix2pix authors' PyTorch code, of any depth.

    Each level is inside the one before: `model.model.0`, `model.model.1.model.1`,
    `model.model.1.model.3.model.1` ... are the convolutions that halve the image.
    """

    def recognise(self, shapes: Shapes, options: Options) -> Iterator[Guess]:
        """At most one guess."""
        first, last = shapes.get(f"{OUTER}0.weight", ()), shapes.get(f"{OUTER}3.weight", ())
        if len(first) != 4 or len(last) != 4:
            return
        levels = _levels(shapes)
        width, in_channels, out_channels = first[0], first[1], last[1]
        inner = NumberedLayers(shapes, f"{levels[1]}model.") if len(levels) > 1 else None
        norm, why = norm_of(inner, 1) if inner else ({}, {})
        settings: dict[str, Any] = {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "width": width,
            "layers": len(levels),
        }
        dropout = 0.0 if _without_dropout(options, norm.get("norm")) else 0.5
        yield Guess(
            "generator",
            "unet",
            settings | norm | {"dropout": dropout},
            {
                f"width {width}": f"{OUTER}0.weight {first}",
                f"{in_channels} -> {out_channels} channels": f"{OUTER}0, {OUTER}3.weight {last}",
                f"{len(levels)} halvings ({2 ** len(levels)} px to 1)": f"{levels[-1]}model.1",
                **why,
            },
            assumed=(f"dropout {dropout:g}, which leaves no trace in names (`dropout`)",),
            size=2 ** len(levels) if len(levels) > 6 else None,
        )


def _levels(shapes: Shapes) -> list[str]:
    """The prefix of each level, from the outermost to the innermost."""
    levels, inside = ["model."], f"{OUTER}1."
    while len(levels) < MOST_LEVELS and f"{inside}model.1.weight" in shapes:
        levels.append(inside)
        inside = f"{inside}model.3."
    return levels


def _without_dropout(options: Options, norm: object) -> bool:
    """As the options say; else as the authors do with either norm by default."""
    said = options.get("no_dropout")
    return said if isinstance(said, bool) else norm != "batch"
