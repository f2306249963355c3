"""The reference's CycleGAN as a recipe of ganzoo."""

from __future__ import annotations

from typing import Any

CYCLE, IDENTITY = 10, 0.5  # an identity term weighs 0.5 of a cycle's 10, as in the reference


def make_recipe(settings: dict[str, Any], **tables: dict[str, Any]) -> dict[str, Any]:
    """Its tables.

    settings: size, blocks, width and batch.
    tables: in place of those here, such as `data`.
    """
    size, width = settings["size"], settings["width"]
    generator = {"type": "resnet", "width": width, "blocks": settings["blocks"]}
    discriminator = {"type": "patchgan", "width": width, "layers": 3}
    history = {"type": "history", "size": 50}

    def adversarial(domain: str, fake: str) -> dict[str, Any]:
        wires = {
            "real": f"D_{domain}({domain.lower()})",
            "fake": f"D_{domain}({fake})",
        }
        return {"type": "lsgan", **wires, "buffer": history}

    def distance(prediction: str, target: str, weight: float) -> dict[str, Any]:
        return {"type": "l1", "prediction": prediction, "target": target, "weight": weight}

    return {
        "networks": {"G": generator, "F": generator, "D_X": discriminator, "D_Y": discriminator},
        "losses": {
            "adversarial_Y": adversarial("Y", "G(x)"),
            "adversarial_X": adversarial("X", "F(y)"),
            "cycle_X": distance("F(G(x))", "x", CYCLE),
            "cycle_Y": distance("G(F(y))", "y", CYCLE),
            "identity_Y": distance("G(y)", "y", CYCLE * IDENTITY),
            "identity_X": distance("F(x)", "x", CYCLE * IDENTITY),
        },
        "outputs": {"x2y": "G(x)"},
        "data": {"type": "streets", "size": size, "count": 8, "held_out": 2},
        "optimizers": {"default": {"type": "adam", "lr": 2e-4, "betas": [0.5, 0.999]}},
        "train": {"length": "1000000 steps", "batch_size": settings["batch"]},
        **tables,
    }
