from __future__ import annotations

import shutil

import pytest


@pytest.fixture(autouse=True)
def roomy(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room, whatever the machine's own has left: nothing is cached on a full one."""
    usage = shutil.disk_usage(tmp_path_factory.getbasetemp())
    roomy = usage._replace(total=10**12, used=0, free=10**12)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: roomy)
