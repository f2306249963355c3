"""The whole of a demo as a web application: its site behind its gatekeeper."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp

from ganzoo.demo.demo_models import DemoModel
from ganzoo.demo.demo_site import DemoSite
from ganzoo.demo.gatekeeper import Gatekeeper


def make_site(
    models: Sequence[DemoModel], host: str, port: int, token: str = ""
) -> tuple[DemoSite, ASGIApp]:
    """The site of some models, and the application that guards it.

    host, port: where it is served. token: what visitors need; "" where only this machine can visit.
    """
    site = DemoSite(models, local=not token)
    cookie = f"ganzoo_demo_{port}"
    return site, Gatekeeper(site.application(), host, token, cookie, site.policy)
