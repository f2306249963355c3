"""Translates a folder in several processes: each opens the model and takes its share of files."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from ganzoo.builder.opening import Opening
from ganzoo.engine.workers import begin_worker
from ganzoo.errors import GanzooError
from ganzoo.inference.targets import Pair
from ganzoo.inference.translation import Translation

GRACE = 10.0  # seconds in which processes that are to stop write what they have computed
# What belongs to one process alone; a translation's other fields are the same in all.
OWN = ("model", "wire", "pairs", "done", "refused", "headers", "progress", "tiling", "shares")
Message = tuple[str, Any]
"""What a process tells: a word, and what belongs to it.

"written" a pair; "refused" why an input cannot be read; "done" how many were written in all, also
those that it could not tell of as it was stopped; "ended" the headers of its files; "mistake" a
message for the user; "fault" a traceback."""


@dataclass(frozen=True)
class Share:
    """What one process does.

    opening: how it opens the model. output: the name of the output.
    settings: of the translation. pairs: its files. threads: how many torch may use.
    """

    opening: Opening
    output: str
    settings: dict[str, Any]
    pairs: list[Pair]
    threads: int

    def translation(self) -> Translation:
        """The translation of its files."""
        model = self.opening.open()
        wire = model.output(self.output)
        return Translation(model=model, wire=wire, pairs=self.pairs, **self.settings)


@dataclass
class Helper:
    """A process at work.

    number: from 1. done: how many outputs it has written, as far as is known here.
    ended: whether it says that it has nothing left to do.
    """

    number: int
    process: BaseProcess
    messages: Connection
    done: int = 0
    ended: bool = False


def translate_in_several(
    whole: Translation, opening: Opening, count: int
) -> Generator[Pair, None, None]:
    """Translate in `count` processes; yields each pair after its output was written.

    Process k takes the files k, k + count, k + 2 count ... Results are those of one process: they
    depend on an image's content, not on its place. What was done stands in `whole`, as if it had
    been translated here.

    Raises:
        GanzooError: what a process raised, or that one was killed; the others were stopped.
    """
    finished: list[Pair] = []
    helpers: list[Helper] = []
    try:
        with _without_interrupts():
            helpers += (_start(share, k) for k, share in enumerate(divide(whole, opening, count)))
        yield from gather(whole, helpers, finished, count)
    finally:
        _stop(whole, helpers, finished)
        there = set(finished)
        whole.pairs = [*finished, *(pair for pair in whole.pairs if pair not in there)]


def divide(whole: Translation, opening: Opening, count: int) -> Iterator[Share]:
    """What each of `count` processes does."""
    settings = {f.name: getattr(whole, f.name) for f in fields(whole) if f.name not in OWN}
    settings["shares"] = count
    output = next(name for name, wire in whole.model.outputs.items() if wire is whole.wire)
    threads = max(1, torch.get_num_threads() // count)
    for number in range(count):
        yield Share(opening, output, settings, whole.pairs[number::count], threads)


def _start(share: Share, place: int) -> Helper:
    context = multiprocessing.get_context("spawn")
    messages, sending = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(share, sending), name=f"translate-{place + 1}")
    process.start()
    sending.close()  # so that the end of the process ends the connection
    return Helper(place + 1, process, messages)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let processes start that ignore Ctrl-C, which a terminal sends to them, too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def gather(
    whole: Translation, helpers: Sequence[Helper], finished: list[Pair], count: int
) -> Iterator[Pair]:
    """Yield each pair that was written, until all processes have ended."""
    while at_work := {h.messages: h for h in helpers if not h.ended}:
        for messages in wait([*at_work]):
            helper = at_work[messages]  # type: ignore[index]
            try:
                kind, content = helper.messages.recv()
            except (EOFError, OSError):
                raise GanzooError(_describe_end(helper, count)) from None
            if kind == "mistake":
                raise GanzooError(content)
            if kind == "fault":
                raise RuntimeError(f"process {helper.number} of {count}:\n{content}")
            take(whole, helper, (kind, content), finished)
            if kind == "written":
                yield content


def take(whole: Translation, helper: Helper, message: Message, finished: list[Pair]) -> None:
    """Write down in `whole` what a process sent."""
    kind, content = message
    if kind == "written":
        _count(whole, helper, helper.done + 1)
        finished.append(content)
    elif kind == "refused":
        whole.refused.append(content)
    elif kind == "done":
        _count(whole, helper, content)
    elif kind == "ended":
        whole.headers |= content
        helper.ended = True


def _count(whole: Translation, helper: Helper, done: int) -> None:
    whole.done += done - helper.done
    helper.done = done


def _describe_end(helper: Helper, count: int) -> str:
    """Why a process ended that had more to do, and what to do."""
    helper.process.join(GRACE)
    code = helper.process.exitcode
    who = f"process {helper.number} of {count}"
    if code is None or code >= 0:
        said = f"{who} ended before its work was done (exit code {code})"
    else:
        said = f"{who} was killed by {signal.Signals(-code).name}"
        if code == -9:
            said += "; the system does so when memory runs out, and fewer --processes need less"
    return f"{said}. Go on with --existing skip"


def _stop(whole: Translation, helpers: Sequence[Helper], finished: list[Pair]) -> None:
    """Ask all processes to stop, wait until what they computed is written, and end them."""
    for helper in helpers:
        if not helper.ended:
            helper.process.terminate()
    deadline = time.monotonic() + GRACE
    try:
        for helper in helpers:
            _drain(whole, helper, finished, deadline)
            helper.process.join(max(0.0, deadline - time.monotonic()))
    finally:
        for helper in helpers:
            if helper.process.is_alive():
                helper.process.kill()
            helper.process.join()
            helper.messages.close()


def _drain(whole: Translation, helper: Helper, finished: list[Pair], deadline: float) -> None:
    """Take what a process still tells, until it ends."""
    with suppress(EOFError, OSError):
        while helper.messages.poll(max(0.0, deadline - time.monotonic())):
            take(whole, helper, helper.messages.recv(), finished)


def work(share: Share, messages: Connection) -> None:
    """Translate a share, and tell of each file; runs in a process of its own."""
    begin_worker(0)
    signal.signal(signal.SIGTERM, _interrupt)  # the parent's, to stop
    torch.set_num_threads(share.threads)
    with suppress(OSError):  # the parent has ended
        report(share, messages)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends by itself now


def report(share: Share, messages: Connection) -> None:
    """Translate a share, and tell what becomes of each file, or why it stops."""
    try:
        _translate(share.translation(), messages)
    except KeyboardInterrupt:
        pass
    except GanzooError as error:
        messages.send(("mistake", str(error)))
    except Exception:
        messages.send(("fault", traceback.format_exc()))


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _translate(todo: Translation, messages: Connection) -> None:
    try:
        with closing(iter(todo)) as written:
            for pair in written:
                _tell_refused(todo, messages)
                messages.send(("written", pair))
    finally:
        _tell_refused(todo, messages)
        messages.send(("done", todo.done))
    messages.send(("ended", todo.headers))


def _tell_refused(todo: Translation, messages: Connection) -> None:
    for reason in todo.refused:
        messages.send(("refused", reason))
    todo.refused.clear()
