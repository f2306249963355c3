"""The participants as the report writes them: when they came, and what they agreed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ganzoo.printing.tabular import as_csv

from ganzoo_study.records import Participation
from ganzoo_study.study_file import Study

COLUMNS = ("participant", "method", "started", "finished", "consent", "agreed", "code")
SHORT = 12  # letters of a hash that are shown


def participants_csv(participations: Sequence[Participation]) -> str:
    """All participants; `code` is that of one whom a platform sent and who has finished."""
    table: list[Sequence[Any]] = [COLUMNS]
    for p in participations:
        code = p.code if p.finished else None
        table.append(
            (p.participant, p.method, p.started, p.finished, p.consent, p.given, code),
        )
    return as_csv(table)


def consent_remarks(study: Study, participations: Sequence[Participation]) -> list[str]:
    """Which texts were agreed to; another one than the study's now was changed on the way."""
    count, agreed = len(participations), Counter(p.consent for p in participations)
    remarks = [
        f"{number} of {count} participants agreed to {_which(study, consent)}."
        for consent, number in agreed.items()
        if consent != study.consent or len(agreed) > 1
    ]
    return remarks or [f"All agreed to the consent text ({study.consent[:SHORT]})."]


def _which(study: Study, consent: str | None) -> str:
    if consent is None:
        return "no text: they began before studies had one"
    now = "that of now" if consent == study.consent else "another than that of now"
    return f"the consent text {consent[:SHORT]}, {now}"
