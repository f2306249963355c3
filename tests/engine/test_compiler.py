"""The compiler that is looked for is the one that torch.compile runs."""

from __future__ import annotations

import sys

import pytest
import torch

from ganzoo.engine.compiler import can_compile, cpp_compiler

CPU = torch.device("cpu")


def test_the_variable_names_the_compiler(monkeypatch):
    monkeypatch.setenv("CXX", sys.executable)
    assert cpp_compiler() == sys.executable
    assert can_compile(CPU)
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert not can_compile(CPU)


@pytest.mark.parametrize(
    ("platform", "compiler"), [("linux", "g++"), ("darwin", "clang++"), ("win32", "cl")]
)
def test_each_system_has_its_own(monkeypatch, platform, compiler):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    assert cpp_compiler() == compiler
