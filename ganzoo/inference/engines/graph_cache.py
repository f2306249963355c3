"""Graphs of networks in ganzoo's cache folder, by the content of the network; bounded.

An entry's name is a hash of the weights and of all that the graph depends on, and its file begins
with a hash of its content, so one that was not written by this module is not used.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from ganzoo.components.cache_folder import cache_folder
from ganzoo.components.data.cache_room import CacheRoom
from ganzoo.files.untrusted import UntrustedError, read_plain
from ganzoo.files.writing import write_with

# How many bytes all graphs may take, and one of them; to be raised whenever graphs become others.
ROOM, LARGEST, GRAPHS = 4e9, 5 * 10**8, 1
DIGEST = 32
SIMPLE = (int, float, str, bool, tuple, type(None))


class OnnxGraph(NamedTuple):
    """An ONNX graph.

    sizes_open: whether it serves images of every size. gives_list: whether its results are a list.
    """

    content: bytes
    sizes_open: bool
    gives_list: bool = False


def fingerprint(network: nn.Module) -> str:
    """A hash of all that a network computes: its weights, its layers' settings and their code."""
    hashed = hashlib.blake2b(digest_size=DIGEST)
    versions = torch.__version__, version("onnx"), version("onnxscript")
    hashed.update(repr((GRAPHS, versions)).encode())
    for name, module in network.named_modules():
        settings = {k: v for k, v in sorted(vars(module).items()) if isinstance(v, SIMPLE)}
        kind: type = type(module)
        described = name, kind.__module__, kind.__qualname__, settings, _hash_code(kind)
        hashed.update(repr(described).encode())
    for name, tensor in network.state_dict().items():
        hashed.update(repr((name, tensor.dtype, tuple(tensor.shape))).encode())
        hashed.update(tensor.detach().cpu().contiguous().numpy().data)
    return hashed.hexdigest()


@cache
def _hash_code(kind: type) -> str:
    """A hash of the file that defines a layer, and of its neighbours; "" for torch's own."""
    if kind.__module__.partition(".")[0] == "torch":
        return ""
    hashed = hashlib.blake2b(digest_size=DIGEST)
    with suppress(OSError, TypeError):
        for file in sorted(Path(inspect.getfile(kind)).parent.glob("*.py")):
            hashed.update(file.read_bytes())
    return hashed.hexdigest()


def load_graph(key: str) -> OnnxGraph | None:
    """The graph of that key, if it is in the cache, whole."""
    path = _find_place(key)
    if path is None:
        return None
    try:
        content = read_plain(path, LARGEST)
        os.utime(path)  # it was used now, so that others leave first
    except (OSError, UntrustedError):
        return None
    digest, written = content[:DIGEST], content[DIGEST:]
    if digest != _digest(written):
        return None
    return OnnxGraph(written[2:], written[0:1] == b"1", written[1:2] == b"1")


def store_graph(key: str, graph: OnnxGraph) -> None:
    """Write a graph into the cache; nothing is stored where it cannot be written."""
    path = _find_place(key)
    if path is None:
        return
    content = b"%d%d" % (graph.sizes_open, graph.gives_list) + graph.content
    with suppress(OSError):
        if CacheRoom(path.parent.parent, ROOM).take(len(content)):
            write_with(path, lambda file: file.write(_digest(content) + content), durable=False)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST).digest()


def _find_place(key: str) -> Path | None:
    folder = cache_folder()
    name = hashlib.blake2b(key.encode(), digest_size=DIGEST).hexdigest()
    return folder / "graphs" / name[:2] / f"{name}.onnx" if folder else None
