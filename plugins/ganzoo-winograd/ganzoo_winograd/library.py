"""The compiled library, loaded; and whether it is there, in words.

Its work is shared among the threads of the OpenMP runtime that torch has loaded already: a second
pool would compete with torch's, whose threads spin while they wait.
"""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path

import torch

from ganzoo_winograd.build import LIBRARY, hash_sources

BUILD = "run `python -m ganzoo_winograd.build`, which needs a C++ compiler"


class Convolution(ctypes.Structure):
    """`struct Convolution` of native/interface.h."""

    _fields_ = [
        (name, ctypes.c_int64)
        for name in ("images", "in_", "out", "height", "width", "padding", "border")
    ]


class Threads(ctypes.Structure):
    """`struct Threads` of native/interface.h."""

    _fields_ = [("team", ctypes.c_void_p), ("count", ctypes.c_int64)]


class Unavailable(Exception):
    """Why the library cannot be used here."""


class Library:
    """The library's functions.

    Raises:
        Unavailable: it is not built, built from other sources, or has nothing for this processor.
    """

    def __init__(self, path: Path = LIBRARY) -> None:
        self.library = _load(path)
        self.team = _find_team()

    @property
    def instructions(self) -> str:
        """AVX-512, AVX2 or plain."""
        return str(self.library.winograd_instructions().decode())

    def select(self, instructions: str) -> bool:
        """Use other instructions than the processor's best; False if it has none of these."""
        return bool(self.library.winograd_select(instructions.encode()))

    def workspace(self, convolution: Convolution, backward: bool) -> int:
        """How many floats of scratch memory a convolution needs."""
        return int(self.library.winograd_workspace(ctypes.byref(convolution), int(backward)))

    def forward(self, convolution: Convolution, *tensors: torch.Tensor | None) -> None:
        """images, weights, bias or None -> result, with a workspace."""
        self._call(self.library.winograd_forward, convolution, tensors)

    def backward(self, convolution: Convolution, *tensors: torch.Tensor | None) -> None:
        """images, weights, gradient -> images' gradient or None, weights' or None; a workspace."""
        self._call(self.library.winograd_backward, convolution, tensors)

    def _call(
        self,
        function: ctypes._NamedFuncPointer,
        convolution: Convolution,
        tensors: tuple[torch.Tensor | None, ...],
    ) -> None:
        threads = Threads(self.team, torch.get_num_threads())
        pointers = [ctypes.c_void_p(t.data_ptr() if t is not None else None) for t in tensors]
        function(ctypes.byref(convolution), ctypes.byref(threads), *pointers)


@functools.cache
def find_library() -> Library | str:
    """The library, or why there is none."""
    try:
        library = Library()
    except Unavailable as reason:
        return str(reason)
    if library.instructions == "plain":
        return "this processor has neither AVX2 nor AVX-512, for which it was written"
    return library


def is_available() -> bool:
    """Whether 3 x 3 convolutions in fp32 on this machine's CPU go by Winograd's algorithm."""
    return isinstance(find_library(), Library)


def explain() -> str:
    """The same in a sentence, with the reason."""
    library = find_library()
    if isinstance(library, Library):
        return f"Winograd convolutions are active ({library.instructions})"
    return f"Winograd convolutions are not active, torch's own are used: {library}"


def _load(path: Path) -> ctypes.CDLL:
    if not path.exists():
        raise Unavailable(f"the library was not built; {BUILD}")
    try:
        library = ctypes.CDLL(str(path))
        library.winograd_sources.restype = ctypes.c_char_p
        sources = library.winograd_sources().decode()
    except (OSError, AttributeError) as error:
        raise Unavailable(f"the library cannot be loaded ({error}); {BUILD}") from error
    if sources != hash_sources():
        raise Unavailable(f"the library was built from other sources; {BUILD}")
    library.winograd_instructions.restype = ctypes.c_char_p
    library.winograd_workspace.restype = ctypes.c_int64
    return library


def _find_team() -> int | None:
    """GOMP_parallel of torch's OpenMP: libgomp's, or another's that offers the same."""
    core = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    try:
        return ctypes.cast(ctypes.CDLL(str(core)).GOMP_parallel, ctypes.c_void_p).value
    except (OSError, AttributeError) as error:
        raise Unavailable("torch has no OpenMP runtime whose threads could be used") from error
