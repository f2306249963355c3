"""Keys of the content of test items: equal where content is equal, whatever its name or place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor

SIZE = 16  # bytes of a hash


def hash_tensor(tensor: Tensor) -> bytes:
    """The key of a tensor: of its type, its shape and its values."""
    hashed = hashlib.blake2b(f"{tensor.dtype} {[*tensor.shape]} ".encode(), digest_size=SIZE)
    values = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
    hashed.update(values.numpy().data)
    return hashed.digest()


def number_keys(kind: str, numbers: Iterable[int]) -> list[bytes]:
    """Keys of items that are drawn from numbers; kind: what draws them."""
    return [f"{kind} {number}".encode() for number in numbers]
