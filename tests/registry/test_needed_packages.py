"""Packages that a file needs: missing ones and old ones are named with what to type."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from ganzoo.registry import packages
from ganzoo.registry.needed_packages import NeededPackage, find_lacking


@pytest.fixture(autouse=True)
def here(monkeypatch):
    versions = {"ganzoo-core": "0.2.0", "ganzoo-cut": "0.10.0", "other": "1.0rc2", "odd": "dev"}

    def version(name):
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(packages, "version", version)


@pytest.mark.parametrize(
    ("name", "made", "said"),
    [
        ("ganzoo-core", "0.2.0", ""),
        ("ganzoo-core", "0.2", ""),
        ("ganzoo-core", "0.1.9", ""),
        ("ganzoo-core", "0.2.0.1", "ganzoo-core 0.2.0 is older than 0.2.0.1, which this needs"),
        ("ganzoo-cut", "0.9.0", ""),
        ("ganzoo-cut", "0.11.0", "ganzoo-cut 0.10.0 is older than 0.11.0, which this needs"),
        ("ganzoo-r3gan", "0.1.0", "ganzoo-r3gan 0.1.0 is not installed"),
        ("other", "1.0", ""),
        ("other", "1!0.1", ""),
        ("odd", "?", ""),
        ("new", "?", "new ? is not installed"),
    ],
)
def test_what_is_missing_or_old(name, made, said):
    lacking = find_lacking({name: made})
    assert bool(lacking) == bool(said)
    assert all(package.advice().startswith(f"{said}: ") for package in lacking)


def test_no_index_has_packages_of_our_own():
    """`pip install ganzoo-cut` would bring somebody else's."""
    (own,) = find_lacking({"ganzoo-stargan": "0.1.0"})
    assert own.advice().endswith("pip install ./plugins/ganzoo-stargan in a clone of ganzoo")
    core = NeededPackage("ganzoo-core", "9", "0.2.0")
    assert core.advice().endswith("needs: pip install . in a clone of ganzoo")


def test_a_strangers_package_is_named_with_a_warning():
    (missing,) = find_lacking({"evil": "1.0"})
    assert missing.advice().endswith("pip install evil, if you trust those who publish it")
    (old,) = find_lacking({"other": "2"})
    assert "pip install -U other, if you trust" in old.advice()


@pytest.mark.parametrize("name", ["ganzoo-x; reboot", "x\n", "-r x", "ganzoo-../x", "x" * 101, ""])
def test_no_command_is_made_of_what_is_no_name(name):
    assert find_lacking({name: "1.0", "evil": "1.0"}) == [NeededPackage("evil", "1.0", "")]
