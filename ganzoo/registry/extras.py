"""The extras of ganzoo-core: packages that few commands need, imported when they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ganzoo.errors import GanzooError, first_line

# The extra that brings each package, by the name under which it is imported.
EXTRAS = {
    "onnx": "onnx",
    "onnxscript": "onnx",
    "onnxruntime": "onnx",
    "openvino": "openvino",
    "nncf": "int8",
    "huggingface_hub": "hub",
    "starlette": "demo",
    "uvicorn": "demo",
    "python_multipart": "demo",
}


def require_packages(needer: str, names: Iterable[str]) -> None:
    """Check that packages are installed, without importing them.

    needer: what needs them, for the message.

    Raises:
        GanzooError: some are missing; says how to install them.
    """
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise _missing(needer, missing)


def import_extra(name: str, needer: str = "this") -> Any:
    """A module of an extra, which reports to nobody.

    needer: see `require_packages`.

    Raises:
        GanzooError: it is not installed, or is broken; says how to install it.
    """
    try:
        with _without_telemetry():
            module = import_module(name)
            if name.startswith("onnxruntime"):
                import_module("onnxruntime").disable_telemetry_events()
            return module
    except ImportError as error:
        package = name.partition(".")[0]
        if find_spec(package) is None:
            raise _missing(needer, [package]) from error
        raise GanzooError(
            f"{needer} needs the package {package}, which is installed, but cannot be imported "
            f"({first_line(error)}); install it again: pip install --force-reinstall {package}"
        ) from error


def _missing(needer: str, names: list[str]) -> GanzooError:
    extras = ",".join(dict.fromkeys(EXTRAS[name] for name in names))
    packages = f"package{'s' if len(names) > 1 else ''} {', '.join(names)}"
    return GanzooError(f"{needer} needs the {packages}: pip install 'ganzoo-core[{extras}]'")


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """A context in which nncf is imported as in its own tests: it reports to nobody."""
    before = os.environ.get("NNCF_CI")
    os.environ["NNCF_CI"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["NNCF_CI"]
        else:
            os.environ["NNCF_CI"] = before
