"""The settings of a desk's page: they follow the user, or stay at the workplace, one set a window (R6.3, R5.5)."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.workplaces.acting import at_desk
from freeseat.application.workplaces.desk import shown_queues
from freeseat.application.workplaces.directory import save_settings
from freeseat.domain.errors import InvalidValue
from freeseat.domain.workplaces import DeskSettings, Layout, SettingsScope, Theme
from freeseat.edge.web.context import go, now, page, web_of
from freeseat.edge.web.desk.acts import told
from freeseat.edge.web.desk.entrance import AtDesk, Here
from freeseat.edge.web.texts import CATALOGUES

router = APIRouter(include_in_schema=False)


@router.get("/desk/{kind}/{which}/settings")
async def ask(request: Request, here: Here) -> Response:
    """The form; for who is there only."""
    return await _form(request, here, here.settings)


@router.post("/desk/{kind}/{which}/settings")
async def save(request: Request, here: Here) -> Response:
    """Keep them."""
    form = await request.form()
    chosen = [str(each) for each in form.getlist("queues")][:100]
    kept = [each for each in here.settings.queues if each in chosen]
    try:
        settings = DeskSettings(
            tuple(dict.fromkeys([*kept, *chosen])),
            Layout(str(form.get("layout", ""))),
            Theme(str(form.get("theme", ""))),
            str(form.get("language", "")),
            sound="sound" in form,
            log_in_at_start="log_in_at_start" in form,
            log_out_at_stop="log_out_at_stop" in form,
        )
    except ValueError:
        return await _form(request, here, here.settings, fault="choose from the lists")

    def use_case(tx: Transaction) -> DeskSettings | Refusal:
        there = at_desk(tx, here.desk, str(form.get("user", ""))[:80], here.actor, now())
        if isinstance(there, Refusal):
            return there
        _, person, actor = there
        shown = {queue.number for queue in shown_queues(tx, here.desk, person)}
        own = tuple(each for each in settings.queues if each in shown)
        return save_settings(tx, here.desk, person, _with(settings, own, shown), actor, now(), here.queue)

    try:
        done = await web_of(request).write(use_case)
    except InvalidValue as error:
        return await _form(request, here, settings, fault=str(error))
    if isinstance(done, Refusal):
        return await _form(request, here, settings, fault=told(done))
    answer: RedirectResponse = go(_back(here), CATALOGUES[here.viewer.language].gettext("The settings were saved."))
    return answer


def _with(settings: DeskSettings, own: tuple[str, ...], shown: set[str]) -> DeskSettings:
    """All of them chosen is no choice: then later ones are shown, too."""
    return replace(settings, queues=() if set(own) == shown and list(own) == sorted(own) else own)


def _back(here: AtDesk) -> str:
    return here.credential.base + (f"?queue={here.queue}" if here.queue else "")


async def _form(request: Request, here: AtDesk, settings: DeskSettings, *, fault: str = "") -> Response:
    if here.user is None:
        return RedirectResponse(_back(here), 303)
    user = here.user
    values = {
        "settings": settings,
        "user": user,
        "base": here.credential.base,
        "back": _back(here),
        "queue": here.queue,
        "local": here.desk.settings_scope is SettingsScope.LOCAL,
        "desk": here.desk,
        "csrf": here.csrf,
        "fault": fault,
    }
    return await page(
        request,
        here.viewer,
        "desk/settings.html",
        values,
        question=lambda tx: {"queues": shown_queues(tx, here.desk, user)},
        status=422 if fault else 200,
    )
