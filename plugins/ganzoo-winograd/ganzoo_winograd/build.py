"""The C++ library, compiled: by the installation, or by `python -m ganzoo_winograd.build`.

Neither torch nor ganzoo is needed: the library has a plain C interface.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NATIVE = Path(__file__).parent / "native"
LIBRARY = Path(__file__).parent / "_kernels.so"
FLAGS = ["-std=c++17", "-O3", "-fPIC", "-ffp-contract=fast", "-fno-math-errno"]
# One compilation of kernels.cpp for each instruction set, which the library chooses from when it
# is loaded: the floats in a vector, and the flags.
PLAIN: dict[str, tuple[int, list[str]]] = {"plain": (4, [])}
X86 = {
    "avx2": (8, ["-mavx2", "-mfma"]),
    "avx512": (16, ["-mavx512f", "-mavx512dq", "-mfma", "-mprefer-vector-width=512"]),
}


class BuildError(Exception):
    """There is no compiler, or it failed; the text says which and what it printed."""


def hash_sources() -> str:
    """What the library is compiled from, so that one from other sources is never used."""
    digest = hashlib.sha256()
    for file in sorted(NATIVE.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def build(target: Path = LIBRARY) -> Path:
    """Compile the library to `target`, which appears whole or not at all.

    Raises:
        BuildError: there is no compiler, it failed, or the folder cannot be written.
    """
    compiler = _find_compiler()
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            built = _compile(compiler, Path(folder))
            built.replace(target)
    except OSError as error:
        raise BuildError(f"{target}: {error.strerror or error}") from error
    return target


def _find_compiler() -> list[str]:
    """CXX where it is set, else the first usual name."""
    chosen = shlex.split(os.environ.get("CXX", ""))
    names = [chosen] if chosen else [["c++"], ["g++"], ["clang++"]]
    compiler = next((name for name in names if shutil.which(name[0])), None)
    if compiler is None:
        raise BuildError("there is no C++ compiler: install g++ or clang++, or set CXX")
    return compiler


def _compile(compiler: list[str], folder: Path) -> Path:
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    objects = []
    for name, (lanes, flags) in (PLAIN | (X86 if x86 else {})).items():
        objects.append(str(folder / f"{name}.o"))
        macros = [f"-DLANES={lanes}", f"-DNAME={name}"]
        source = ["-c", str(NATIVE / "kernels.cpp"), "-o", objects[-1]]
        _call([*compiler, *FLAGS, *flags, *macros, *source])
    macros = [f'-DSOURCES="{hash_sources()}"', *(["-DHAVE_X86"] if x86 else [])]
    library = folder / "kernels.so"
    source = [str(NATIVE / "winograd.cpp"), *objects, "-o", str(library)]
    _call([*compiler, *FLAGS, *macros, "-shared", *source])
    return library


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{shlex.join(command)} failed:\n{done.stderr.strip()[-2000:]}")


def main() -> int:
    """Build it beside these sources, for a development checkout."""
    try:
        print(f"built {build()}")
    except BuildError as error:
        print(f"not built: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
