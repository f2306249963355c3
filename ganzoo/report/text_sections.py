"""The sections of text: heading, alarms, networks, how the run was trained, how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from ganzoo.report.diagram import diagram
from ganzoo.report.facts import Facts, NetworkFacts
from ganzoo.report.html import Html, el
from ganzoo.report.run_files import RunFiles, Table, trained_seconds
from ganzoo.report.shared_markup import pairs, scroll
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.run_record import format_change

FAULTS = 8  # faults of a folder that are listed; further ones are only counted
VERSIONS = ("ganzoo", "python", "torch", "torchvision", "accelerate")


def heading(files: RunFiles, written: str) -> Html:
    """The heading: name, summary, and the number of steps made."""
    run, latest = files.run, files.latest
    done, total = ("?" if n is None else f"{n:,}" for n in (run.step, run.steps))
    seed = files.table("train").get("seed")
    facts = {
        "State": f"{run.state}{_reason(latest)}",
        "Steps": f"{done} of {total}",
        "Started": _when(run.started),
        "Ended": _when(latest.get("ended")) or ("not yet" if run.state == "running" else ""),
        "Seed": "" if seed is None else str(seed),
        "This page": f"written {_when(written)}",
    }
    return el(
        "header",
        el("h1", files.name),
        el("p", str(files.recipe.get("summary") or ""), class_="summary"),
        pairs(facts),
    )


def alarms_section(files: RunFiles) -> Html | None:
    """The section of alarms, with advice on what to try."""
    if not files.alarms:
        return None
    entries = [
        el("li", el("strong", f"Step {alarm.get('step', '?')}: "),
           str(alarm.get("message", "")), " ", el("em", str(alarm.get("advice", ""))))
        for alarm in files.alarms
    ]  # fmt: skip
    return el("section", el("h2", "Alarms", id="alarms"), el("ul", *entries), class_="alarms",
              aria_labelledby="alarms")  # fmt: skip


def damage_section(files: RunFiles) -> Html | None:
    """The section of files that could not be read or were left out."""
    if not files.faults:
        return None
    entries = [el("li", fault) for fault in some(files.faults)]
    return el("section", el("h2", "Damaged files", id="damaged"), el("ul", *entries),
              class_="broken", aria_labelledby="damaged")  # fmt: skip


def some(faults: Sequence[str]) -> list[str]:
    """The first faults of a list, and the number of further ones."""
    more = len(faults) - FAULTS
    return [*faults[:FAULTS], *([f"and {more} more like these"] if more > 0 else [])]


def objective_section(facts: Facts) -> Html:
    """The section of the objective: its formula and its diagram."""
    formula = el("pre", "\n".join(facts.objective), class_="formula")
    return el(
        "section",
        el("h2", "Objective", id="objective"),
        el("p", facts.note, class_="note") if facts.note else None,
        scroll(formula, "Formula"),
        diagram(facts.wiring) if facts.wiring.terms else None,
        aria_labelledby="objective",
    )


def training_section(files: RunFiles, facts: Facts) -> Html:
    """The section of training: networks, machine, versions, settings."""
    return el(
        "section",
        el("h2", "Training", id="training"),
        scroll(_networks(facts.networks), "Table of networks") if facts.networks else None,
        pairs(dict(_circumstances(files))),
        el("details", el("summary", "The recipe with every setting"),
           scroll(el("pre", files.toml), "Recipe")),
        aria_labelledby="training",
    )  # fmt: skip


def repeat_section(files: RunFiles) -> Html:
    """The section with a command that repeats the training, and the commands that were typed."""
    said = "Trains the same into another folder; paths are as on the machine that wrote this page."
    if [*_changes(files)]:
        said += (
            " Settings that were changed during the training have their last values from the start."
        )
    typed = [str(entry["command"]) for entry in files.starts if entry.get("command")]
    return el(
        "section",
        el("h2", "Again", id="again"),
        el("p", said),
        el("p", el("code", repeat_command(files), class_="command", tabindex=0), " ",
           el("button", "Copy", type="button", class_="copy needs-script"),
           el("span", class_="copied", role="status")),
        el("details", el("summary", "What was typed"),
           scroll(el("pre", "\n".join(typed)), "What was typed")),
        aria_labelledby="again",
    )  # fmt: skip


def repeat_command(files: RunFiles) -> str:
    """`ganzoo run runs/mine/recipe.toml --out runs/mine-again`."""
    folder = files.folder
    words = ["ganzoo", "run", str(RunPaths(folder).recipe), "--out", f"{folder}-again"]
    count = files.latest.get("processes")
    return shlex.join([*words, *(["--processes", str(count)] if _several(count) else [])])


def _networks(networks: Sequence[NetworkFacts]) -> Html:
    head = [
        el("th", text, scope="col") for text in ("Network", "Kind", "Type", "Weights", "Trained by")
    ]
    rows = [
        el("tr", el("th", n.name, scope="row"), *map(_cell, (n.kind, n.type)),
           el("td", "?" if n.parameters is None else f"{n.parameters:,}", class_="number"),
           _cell(n.player))
        for n in networks
    ]  # fmt: skip
    known = [n.parameters for n in networks if n.parameters is not None]
    total = f"{sum(known):,}" if len(known) == len(networks) else "?"
    foot = el("tr", el("th", "All", scope="row"), _cell(""), _cell(""),
              el("td", total, class_="number"), _cell(""))  # fmt: skip
    return el("table", el("thead", el("tr", *head)), el("tbody", *rows, foot), class_="words")


def _cell(text: str) -> Html:
    return el("td", text)


def _circumstances(files: RunFiles) -> Iterator[tuple[str, str]]:
    latest, train = files.latest, files.table("train")
    yield "Length", str(train.get("length", ""))
    yield "Batch size", str(train.get("batch_size", ""))
    data = latest.get("data")
    yield "Data", str(data.get("summary") or "") if isinstance(data, dict) else ""
    yield "Changed on purpose", "; ".join(_changes(files))
    yield "Precision", _precision(files, str(train.get("precision") or ""))
    yield "Trained for", format_time(trained_seconds(files)) if files.starts else ""
    yield "Starts", str(len(files.starts)) if len(files.starts) > 1 else ""
    yield "Device", _device(latest)
    yield "Host", str(latest.get("host") or "")
    yield "Platform", str(latest.get("platform") or "")
    yield "Versions", ", ".join(f"{v} {latest[v]}" for v in VERSIONS if latest.get(v))
    packages = latest.get("packages")
    versions = packages.items() if isinstance(packages, dict) else ()
    yield "Components from", ", ".join(f"{name} {version}" for name, version in versions)


def _precision(files: RunFiles, in_recipe: str) -> str:
    """The precision of the last start, and why it was chosen, if "auto" chose it."""
    precision = str(files.latest.get("precision") or in_recipe)
    chosen = [each for each in files.starts if each.get("precision_reason")]
    reasons = {each.get("precision"): each["precision_reason"] for each in chosen}
    return f"{precision}, as {reasons[precision]}" if precision in reasons else precision


def _changes(files: RunFiles) -> Iterator[str]:
    """The changes to the recipe since the first step, each as a sentence."""
    for entry in files.starts:
        for change in entry.get("changes") or ():
            yield f"after step {entry.get('from_step', '?')}: {format_change(change)}"


def _device(latest: Table) -> str:
    names = latest.get("devices")
    named = ", ".join(map(str, names)) if isinstance(names, list) else ""
    said = [f"{latest.get('device') or ''}{f' ({named})' if named else ''}"]
    count, threads = latest.get("processes"), latest.get("threads")
    said += [f"{count} processes"] if _several(count) else []
    said += [f"{threads} thread{'s' if threads != 1 else ''}"] if threads else []
    return ", ".join(text for text in said if text)


def _several(count: Any) -> bool:
    return isinstance(count, int) and count > 1


def _reason(latest: Table) -> str:
    return f" ({latest['reason']})" if latest.get("reason") else ""


def _when(time: Any) -> str:
    """`2026-11-22 11:51:15 +00:00`, of an ISO time."""
    text = str(time or "")
    return f"{text[:10]} {text[11:19]} {text[19:]}".strip()


def format_time(seconds: float) -> str:
    """`6 min 7 s`."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def footer(wide: bool = False) -> Html:
    """The footer, which says what made the page."""
    text = "Made by ganzoo from the files of the run's folder; nothing is loaded from elsewhere."
    return el("footer", el("p", text), class_="wide" if wide else None)
