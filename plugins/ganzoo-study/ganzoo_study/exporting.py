"""What a platform needs to send participants: a link, a question, and the codes they earned."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from ganzoo.errors import GanzooError
from ganzoo.files.writing import write_text

from ganzoo_study.completion_codes import codes_csv
from ganzoo_study.platforms import ORIGIN_ONLY, PLATFORMS, Platform, is_link
from ganzoo_study.store import Store
from ganzoo_study.study_file import RESPONSES, Recruiting, read_study, write_study

SCHEMA = (
    "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/"
    "2006-07-14/ExternalQuestion.xsd"
)
FRAME = 800  # pixels that the question is high on the platform's page


def recruit(folder: Path, platform: str, completion_url: str) -> Recruiting | None:
    """Say in a study's file which platform sends participants, and where they may return.

    Raises:
        GanzooError: the folder is no study, or the address is none.
    """
    study = read_study(folder)
    if completion_url and not is_link(completion_url):
        raise GanzooError(
            f"--completion-url {completion_url:.200}: give the whole address, as "
            "https://app.prolific.com/submissions/complete?cc=..."
        )
    preset = PLATFORMS.get(platform)
    recruiting = preset and Recruiting.model_validate(
        {
            "platform": platform,
            "submit_to": preset.submit_to,
            "frames": preset.frames,
            "completion_url": completion_url,
        }
    )
    write_study(folder, study.model_copy(update={"recruiting": recruiting}))
    return recruiting


def read_base(url: str) -> str:
    """The address of the server that stands before a study, without a slash at its end.

    Raises:
        GanzooError: it is more than a scheme, a name and a port, or no https.
    """
    base = url.rstrip("/")
    if not ORIGIN_ONLY.fullmatch(base):
        raise GanzooError(f"--url {url:.200}: give the server's address alone, as https://name.org")
    return base


def export(folder: Path, url: str, out: Path) -> list[Path]:
    """Write the codes that were earned, and, for an address, what the platform asks for.

    Raises:
        GanzooError: the folder is no study, or recruits nobody, or cannot be written.
    """
    study = read_study(folder)
    if study.recruiting is None:
        raise GanzooError(f"{folder} names no platform; first: ganzoo study recruit {folder} NAME")
    with closing(Store(folder / RESPONSES)) as store:
        token, participations = store.token(), store.participations()
    files = {"codes.csv": codes_csv(participations)}
    if url:
        link = participant_link(read_base(url), token, study.recruiting.platform)
        files |= _files(link, study.recruiting)
    try:
        for name, text in files.items():
            write_text(out / name, text)
    except OSError as error:
        raise GanzooError(f"{out}: cannot be written ({error.strerror or error})") from error
    return [out / name for name in files]


def participant_link(base: str, token: str, platform: str) -> str:
    """The link that a platform opens; it replaces its own numbers in it, or adds them."""
    link, preset = f"{base}/?{urlencode({'token': token})}", PLATFORMS[platform]
    return "&".join([link, *(f"{name}={value}" for name, value in _numbers(platform, preset))])


def _numbers(platform: str, preset: Platform) -> list[tuple[str, str]]:
    names = [preset.worker, preset.assignment, *preset.more]
    if platform == "prolific":
        return [(name, f"{{{{%{name}%}}}}") for name in names]
    return [] if preset.submit else [(name, name.upper()) for name in names]


def _files(link: str, recruiting: Recruiting) -> Mapping[str, str]:
    if PLATFORMS[recruiting.platform].submit:
        return {"external_question.xml": external_question(link)}
    ending = recruiting.completion_url or "none yet: ganzoo study recruit ... --completion-url URL"
    return {"link.txt": f"Study URL:\n{link}\n\nAt the end participants go to:\n{ending}\n"}


def external_question(link: str) -> str:
    """The question of a task on Amazon Mechanical Turk."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ExternalQuestion xmlns="{SCHEMA}">\n'
        f"  <ExternalURL>{escape(link)}</ExternalURL>\n"
        f"  <FrameHeight>{FRAME}</FrameHeight>\n"
        "</ExternalQuestion>\n"
    )
