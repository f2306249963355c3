"""A fingerprint of all that a result in tiles depends on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.files.untrusted import open_plain

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

ENDS = 2**20  # bytes of a file's beginning and end that are read; the rest is known by its date


def digest_result(model: Model, output: OutputWire, source: Path, *settings: object) -> str:
    """A fingerprint of an output of an image file, and of the settings that it is made with.

    Raises:
        OSError: the file cannot be read.
    """
    used = hashlib.blake2b(digest_size=12)
    used.update(repr((str(output.wire), output.train_mode, model.precision, settings)).encode())
    used.update(torch.__version__.encode())
    for name in sorted(output.networks):
        for key, value in sorted(model.networks[name].state_dict().items()):
            used.update(f"{name}.{key}".encode())
            used.update(_bytes(value))
    with open_plain(source) as file:
        length = file.seek(0, 2)
        used.update(repr((str(source.resolve()), length, source.stat().st_mtime_ns)).encode())
        for place in (0, max(0, length - ENDS)):
            file.seek(place)
            used.update(file.read(ENDS))
    return used.hexdigest()


def _bytes(value: Tensor) -> bytes:
    return value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
