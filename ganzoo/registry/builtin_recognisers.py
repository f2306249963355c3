"""The core's recognisers for `ganzoo import`, by name, in the order in which they are asked."""

from __future__ import annotations

RECOGNISERS = {
    "residual": (
        ".recognisers.residual_names:ResidualNames",
        "residual generators, by the names of the authors' code",
    ),
    "attention": (
        ".recognisers.attention_names:AttentionNames",
        "residual generators with attention masks, by the names of joliGEN's code",
    ),
    "modulated": (
        ".recognisers.modulated_names:ModulatedNames",
        "U-Nets around a vision transformer, by the names of UVCGANv2's code",
    ),
    "skips": (
        ".recognisers.skip_names:SkipNames",
        "U-Nets, by the names of the authors' code",
    ),
    "patches": (
        ".recognisers.patch_names:PatchNames",
        "discriminators of patches and of pixels, by the names of the authors' code",
    ),
}
