"""The sections of what metrics found: sentences that must not be missed, and pictures beside them.

A finding stands above everything else; pictures of a metric that found nothing stand further down.
"""

from __future__ import annotations

from collections.abc import Iterator

from ganzoo.files.untrusted import is_plain
from ganzoo.report.embedded_images import image
from ganzoo.report.html import Html, el
from ganzoo.report.run_files import RunFiles
from ganzoo.report.score_section import last_evaluation
from ganzoo.report.shared_markup import format_name, scroll
from ganzoo.runs.layout import RunPaths


def findings_section(files: RunFiles) -> Html | None:
    """What metrics found, as sentences with pictures; None where they found nothing."""
    findings = _findings(files)
    if not findings:
        return None
    sentences = [
        el("li", f"{metric}: {text}") for metric, texts in findings.items() for text in texts
    ]
    return el(
        "section",
        el("h2", "Findings", id="findings"),
        el("ul", *sentences, class_="alarms"),
        *(picture for metric in findings for picture in _picture(files, metric)),
        aria_labelledby="findings",
    )


def evidence_section(files: RunFiles) -> Html | None:
    """The pictures of metrics that found nothing."""
    quiet = [
        metric
        for metric in last_evaluation(files).get("scores", ())
        if metric not in _findings(files)
    ]
    pictures = [picture for metric in quiet for picture in _picture(files, metric)]
    if not pictures:
        return None
    return el(
        "section",
        el("h2", "Compared by metrics", id="evidence"),
        *pictures,
        aria_labelledby="evidence",
    )


def _findings(files: RunFiles) -> dict[str, list[str]]:
    """Sentences by metric, of the latest evaluation."""
    by_metric = last_evaluation(files).get("findings")
    tables = by_metric.items() if isinstance(by_metric, dict) else ()
    return {name: [*map(str, texts)] for name, texts in tables if isinstance(texts, list) and texts}


def _picture(files: RunFiles, metric: str) -> Iterator[Html]:
    path = RunPaths(files.folder).evidence(metric)
    if is_plain(path, within=files.folder):
        label = f"Pictures of {format_name(metric)}"
        try:
            shown = image(path, label, class_="grid")
        except Exception as error:  # the sentences stand, whatever a damaged file raises
            yield el("p", f"{path.name} cannot be shown ({error}).", class_="note")
            return
        yield el("figure", el("figcaption", el("strong", format_name(metric))),
                 scroll(shown, label))  # fmt: skip
