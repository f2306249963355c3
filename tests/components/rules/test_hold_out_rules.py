from __future__ import annotations

import pytest

from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.testing import make_fingerprint, try_rule


@pytest.mark.parametrize(
    ("facts", "share"),
    [
        (make_fingerprint(x={"held_out": 0}), 0.1),
        (make_fingerprint(x={"held_out": 0, "images": 20}), 0.1),
        (make_fingerprint(x={"held_out": 0, "images": 19}), None),
        (make_fingerprint(), None),
        (make_fingerprint(y={"held_out": 0}, layout="pairs"), 0.1),
        (make_fingerprint(y={"held_out": 0}, data={"type": "mine.films"}), None),
    ],
)
def test_a_share_is_held_out_where_no_folder_is(facts: Fingerprint, share: float | None) -> None:
    draft = try_rule("hold_out", facts, recipe={"data": dict(facts.data)})
    assert draft.value("data.hold_out") == share
