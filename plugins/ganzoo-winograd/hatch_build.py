"""Compiles the library while the package is built; without a compiler it is pure Python."""

from __future__ import annotations

import importlib.util
import sysconfig
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Adds the library to a wheel; an editable installation gets it beside the sources."""

    def initialize(self, version, build_data):
        """Never fails: what cannot be compiled is told, and torch does its work."""
        builder = _load_builder(Path(self.root))
        try:
            if version == "editable":
                builder.build()
                return
            self.folder = tempfile.TemporaryDirectory()
            library = builder.build(Path(self.folder.name) / builder.LIBRARY.name)
        except builder.BuildError as error:
            self.app.display_warning(f"ganzoo-winograd without its fast path: {error}")
            return
        name = f"ganzoo_winograd/{builder.LIBRARY.name}"
        build_data["force_include"][str(library)] = name
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"

    def finalize(self, version, build_data, artifact_path):
        """The wheel has its copy."""
        if hasattr(self, "folder"):
            self.folder.cleanup()


def _load_builder(root):
    """build.py alone: the package's __init__ needs ganzoo, which an isolated build lacks."""
    spec = importlib.util.spec_from_file_location(
        "winograd_build", root / "ganzoo_winograd" / "build.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
