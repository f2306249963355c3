"""Cautions about what a translation cannot promise, whatever its scores are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from ganzoo.components.rules.caution_texts import plan_command
from ganzoo.interfaces.data_fingerprint import DomainFacts, Fingerprint
from ganzoo.interfaces.rule import Caution, Level, RecipeDraft, Rule, Stage

MEDICAL_FILES = (".dcm", ".dicom", ".nii", ".nii.gz", ".mha", ".mhd", ".nrrd")
MEDICAL = frozenset(
    (
        *("ct", "cbct", "mr", "mri", "spect", "xray", "cxr", "dicom", "nifti", "ultrasound"),
        *("mammo", "mammogram", "mammography", "t1w", "t2w", "flair", "dwi", "fundus", "retina"),
        *("histology", "pathology", "biopsy", "lesion", "lesions", "tumor", "tumors", "tumour"),
        *("tumours", "patient", "patients", "medical", "clinical", "radiology", "brats"),
    )
)
LEGAL = frozenset(
    (
        *("evidence", "forensic", "forensics", "passport", "passports", "licence", "license"),
        *("cctv", "surveillance", "suspect", "suspects", "mugshot", "mugshots", "court"),
        *("police", "fingerprint", "fingerprints", "identity"),
    )
)
DEPTHS = range(10, 17)  # bits of gray that scanners and instruments have


class InventedThings(Rule):
    """Without pairs nothing ties the things in an output to those in its input.

    Warning: the user's goal is to keep the content or to restore, and images are no pairs; a note
    where a rule chose that goal. Whether things are shown in one domain only is not measured: by
    the features of a small network, digits 0 to 4 and 5 to 9 in one style looked as alike as two
    halves of all digits (14 % without a near neighbour), and the same digits in two styles did not
    (66 %).
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """What the goal cannot be promised."""
        if not draft.facts.paired and draft.goal in ("content", "restore"):
            yield _untied(draft)


class MedicalImages(Rule):
    """Images by which people may be treated: what a translation must not be used for.

    They are known by their files (DICOM, NIfTI, MetaImage, NRRD), by words in the names of their
    folders (`CT`, `MR`, `patients`), or, as a question, by gray values of 10 to 16 bits. Warning;
    of pairs and of a question, a note.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution, with what it is concluded from."""
        sign = _medical_sign(draft.facts)
        if sign:
            yield _treatment(draft, f"these look like medical images ({sign})", False)
            return
        deep = [n for n, d in draft.facts.named_domains if d.kind == "gray" and d.bits in DEPTHS]
        if deep:
            sign = f"{' and '.join(deep)}: gray of more than 8 bits"
            yield _treatment(draft, f"if these are medical images or measurements ({sign})", True)


class LegalImages(Rule):
    """Images by which people may be accused or identified, known by words in their folders' names.

    Such as `evidence`, `passports` or `cctv`. Warning.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution, with the word that it is concluded from."""
        word = next((w for _, d in draft.facts.named_domains for w in _words(d) if w in LEGAL), "")
        if word:
            text = (
                f"if these images are evidence or identify people (a folder is named '{word}'): "
                "an output is made up where its input says nothing, faces, letters and numbers "
                "included"
            )
            yield Caution("legal", "warning", text, "do not use outputs as evidence of anything")


def _untied(draft: RecipeDraft) -> Caution:
    x, y = draft.facts.domains
    if draft.goal == "restore":
        text = (
            "the goal is the true image, and without pairs no score can know it: outputs may look "
            "right and be wrong"
        )
    else:
        text = (
            "the goal is to keep the content, and without pairs nothing but the cycle holds it: "
            "things may be added, moved or left out, those above all that one domain shows and the "
            "other does not; this was not looked for, and scores of realism do not see it"
        )
    advice = (
        "see inputs and outputs side by side (samples/, layout_x2y in report.html); if there are "
        "true outputs, put them into y under the names of their inputs: "
        f"{plan_command(x, y, '--pairs')}"
    )
    level: Level = "warning" if draft.wishes.goal else "note"
    return Caution("invented", level, text, advice)


def _treatment(draft: RecipeDraft, who: str, asked: bool) -> Caution:
    if draft.facts.paired:
        text = f"{who}: an output is a guess, even learnt from pairs; a rare finding may be missing"
    else:
        text = (
            f"{who}: unpaired translation can take lesions away and paint others in, while every "
            "score is good (Cohen et al. 2018, arXiv:1805.08841)"
        )
    advice = "never read a finding off an output; measure on the task itself, with true images"
    mild = asked or draft.facts.paired
    return Caution("medical", "note" if mild else "warning", text, advice)


def _medical_sign(facts: Fingerprint) -> str:
    for name, domain in facts.named_domains:
        if domain.suffix in MEDICAL_FILES:
            return f"{domain.suffix} files of {name}"
        word = next((each for each in _words(domain) if each in MEDICAL), "")
        if word:
            return f"a folder is named '{word}'"
    return ""


def _words(domain: DomainFacts) -> list[str]:
    """The words of the names of a folder and of the one that it lies in; `ct2mr` is two more."""
    folder = Path(domain.folder)
    names = f"{folder.parent.name} {folder.name}".lower()
    return [*re.findall(r"[a-z0-9]+", names), *re.findall(r"[a-z]+", names.replace("2", " "))]
