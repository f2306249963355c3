"""Whether torch.compile finds what it needs on this machine."""

from __future__ import annotations

import os
import shutil
import sys

import torch

COMPILERS = {"darwin": "clang++", "win32": "cl"}


def cpp_compiler() -> str:
    """The C++ compiler that torch.compile runs on a CPU: that of the variable CXX, or the usual."""
    return os.environ.get("CXX") or COMPILERS.get(sys.platform, "g++")


def can_compile(device: torch.device) -> bool:
    """Whether there is a C++ compiler for a CPU, or Triton for another device."""
    if device.type == "cpu":
        return shutil.which(cpp_compiler()) is not None
    return bool(torch.utils._triton.has_triton())
