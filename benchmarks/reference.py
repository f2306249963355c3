"""The user's own checkout of the CycleGAN authors' PyTorch code, driven through its own classes.

None of that code is in this repository: `--against` names a folder in which `models/`, `data/` and
`util/` lie, as https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix has them.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.refused import Refused

GENERATORS = {6: "resnet_6blocks", 9: "resnet_9blocks"}
MODEL = Path("models") / "cycle_gan_model.py"


def check_checkout(folder: Path) -> Path:
    """The folder, in full.

    Raises:
        Refused: it holds no such checkout.
    """
    if not (folder / MODEL).is_file():
        raise Refused(
            f"--against {folder}: there is no {MODEL} in it; name a checkout of "
            "https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix"
        )
    return folder.resolve()


def refuse_other_blocks(blocks: int) -> None:
    """Raises Refused for a generator that the reference does not have."""
    if blocks not in GENERATORS:
        raise Refused(f"--blocks {blocks}: the reference has generators of 6 and of 9 blocks only")


def import_from(checkout: str, module: str) -> Any:
    """A module of the checkout, such as `models.cycle_gan_model`."""
    if checkout not in sys.path:
        sys.path.insert(0, checkout)
    return importlib.import_module(module)


def make_options(settings: dict[str, Any], **more: Any) -> SimpleNamespace:
    """What its classes read from their command line: its defaults, and these sizes.

    settings: size, blocks, width, batch, device.
    """
    import torch

    on_gpu = settings.get("device", "cpu") != "cpu"
    options = {
        "isTrain": True,
        "gpu_ids": [0] if on_gpu else [],
        "device": torch.device("cuda:0" if on_gpu else "cpu"),  # read by versions from 2025 on
        "checkpoints_dir": "checkpoints",
        "name": "benchmark",
        "preprocess": "resize_and_crop",
        "load_size": settings["size"],
        "crop_size": settings["size"],
        "direction": "AtoB",
        "input_nc": 3,
        "output_nc": 3,
        "netG": GENERATORS[settings["blocks"]],
        "netD": "basic",
        "ngf": settings["width"],
        "ndf": settings["width"],
        "n_layers_D": 3,
        "norm": "instance",
        "no_dropout": True,
        "init_type": "normal",
        "init_gain": 0.02,
        "lambda_A": 10.0,
        "lambda_B": 10.0,
        "lambda_identity": 0.5,
        "gan_mode": "lsgan",
        "pool_size": 50,
        "lr": 2e-4,
        "beta1": 0.5,
        "batch_size": settings["batch"],
    }
    return SimpleNamespace(**(options | more))
