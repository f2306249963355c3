"""`python -m ganzoo_winograd`: whether the fast path is active here."""

from __future__ import annotations

from ganzoo_winograd.library import explain

if __name__ == "__main__":
    print(explain())
