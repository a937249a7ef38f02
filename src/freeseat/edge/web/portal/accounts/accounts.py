"""Accounts: the list, inviting, changing, deleting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from freeseat.application.accounts.directory import (
    account_of,
    change_account,
    delete_account,
    unlock_account,
)
from freeseat.application.accounts.invitations import invite, invite_anew, open_invitations, withdraw_invitation
from freeseat.application.directory.spheres import person_named
from freeseat.application.listing import AccountsWanted, PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import Account, Invitation
from freeseat.domain.errors import LastAdministrator
from freeseat.domain.permissions import Role
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.drawing import new_link
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.links import address_of
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.accounts import form
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Sheet
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.once import Secret, shown_once
from freeseat.edge.web.portal.visitors import AccountsChanger
from freeseat.edge.web.stable_words import in_words


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/accounts"
TOKENS = f"{HERE}/tokens"
TABS = ((HERE, _("Accounts")), (TOKENS, _("Tokens of programs")))
CRUMBS = ((HERE, _("Accounts")),)


@router.get(HERE)
async def accounts(
    request: Request,
    visitor: AccountsChanger,
    search: str = "",
    role: str = "",
    enabled: str = "",
    after: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The list, and invitations that are open."""
    roles = {each.value: in_words(each.value) for each in Role}
    filters = listed.given({"search": search, "role": role if role in roles else "", "enabled": enabled})
    wanted = AccountsWanted(
        filters.get("search", ""),
        Role(filters["role"]) if "role" in filters else None,
        listed.choice(filters, "enabled"),
    )

    def question(tx: Transaction) -> dict[str, object]:
        page = tx.listing.accounts(wanted, PageWanted(after=after or None, limit=listed.ROWS))
        links = listed.links(HERE, {**filters, "after": after}, page.next)
        return {"accounts": page.rows, "total": page.total, "invitations": open_invitations(tx, now()), **links}

    values = {"tabs": TABS, "tab": HERE, "roles": roles, "filters": filters, "search": search}
    return await portal_page(request, visitor, "accounts/list.html", HERE, values, question=question)


@router.get(f"{HERE}/invite")
async def ask_invite(request: Request, visitor: AccountsChanger) -> Response:
    """The form for an invitation."""
    blank = Account(0, "", Role.SUPERVISOR)
    return await _invite_page(request, visitor, form.INVITATION.shown(blank, user=""))


@router.post(f"{HERE}/invite")
async def make_invitation(request: Request, visitor: AccountsChanger) -> Response:
    """Make a one-time link, and show it."""
    sheet, token = await form.INVITATION.sent(request), new_link()

    def make(tx: Transaction, values: Mapping[str, Any]) -> Invitation:
        bounds = {
            "queues": values["queues"],
            "sites": values["sites"],
            "user_id": person_named(tx, "user", values["user"], visitor.principal.sphere),
        }
        return invite(tx, values["role"], token, visitor.principal, now(), **bounds)

    done = await sheet.carry_out(request, make)
    if isinstance(done, Sheet):
        return await _invite_page(request, visitor, done)
    return await _link_page(request, visitor, token, words(visitor, _("Invitation")))


@router.post(HERE + "/invitations/{id}/withdraw")
async def withdraw(request: Request, visitor: AccountsChanger, id: int) -> Response:
    """Make a one-time link worth nothing."""
    await web_of(request).write(lambda tx: withdraw_invitation(tx, id, visitor.principal, now()))
    return go(HERE, words(visitor, _("The link opens nothing any more.")))


@router.get(HERE + "/of/{name}")
async def edit(request: Request, visitor: AccountsChanger, name: str) -> Response:
    """The form of an account."""
    sheet = await web_of(request).read(lambda tx: _shown(tx, account_of(tx, name)))
    return await _edit_page(request, visitor, name, sheet)


@router.post(HERE + "/of/{name}")
async def change(request: Request, visitor: AccountsChanger, name: str) -> Response:
    """Change an account."""
    sheet = await form.ACCOUNT.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> Account:
        sheet.require_unchanged(_shown(tx, account_of(tx, name)))
        changes = {key: value for key, value in values.items() if key != "user"}
        changes["user_id"] = person_named(tx, "user", values["user"], visitor.principal.sphere)
        return change_account(tx, name, changes, visitor.principal, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _edit_page(request, visitor, name, done)
    return go(HERE, words(visitor, _("{name} was saved."), name=done.name))


@router.post(HERE + "/of/{name}/link")
async def new_password_link(request: Request, visitor: AccountsChanger, name: str) -> Response:
    """Make a one-time link to a new password, and show it."""
    token = new_link()
    await web_of(request).write(lambda tx: invite_anew(tx, name, token, visitor.principal, now()))
    return await _link_page(request, visitor, token, words(visitor, _("New password for {name}"), name=name))


@router.post(HERE + "/of/{name}/unlock")
async def unlock(request: Request, visitor: AccountsChanger, name: str) -> Response:
    """Lift all locks after wrong passwords."""
    lifted = await web_of(request).write(lambda tx: unlock_account(tx, name, visitor.principal, now()))
    return go(f"{HERE}/of/{name}", words(visitor, _("Locks lifted: {count}"), count=lifted))


@router.get(HERE + "/of/{name}/delete")
async def ask_delete(request: Request, visitor: AccountsChanger, name: str) -> Response:
    """Ask before an account is deleted."""
    return await _ask_delete(request, visitor, name)


@router.post(HERE + "/of/{name}/delete")
async def delete(request: Request, visitor: AccountsChanger, name: str) -> Response:
    """Delete an account; it is signed out everywhere."""
    try:
        await web_of(request).write(lambda tx: delete_account(tx, name, visitor.principal, now()))
    except LastAdministrator as error:
        return await _ask_delete(request, visitor, name, str(error))
    return go(HERE, words(visitor, _("{name} was deleted."), name=name))


async def _ask_delete(request: Request, visitor: Visitor, name: str, fault: str = "") -> Response:
    await web_of(request).read(lambda tx: account_of(tx, name))
    question = Question(
        words(visitor, _("Delete account {name}?"), name=name),
        words(visitor, _("It is signed out everywhere. What it did stays in the audit log.")),
        words(visitor, _("Delete")),
        f"{HERE}/of/{name}",
    )
    return await ask(request, visitor, HERE, question, fault=fault, status=409 if fault else 200)


def _shown(tx: Transaction, account: Account) -> Sheet:
    user = tx.users.get(id=account.user_id) if account.user_id is not None else None
    return form.ACCOUNT.shown(account, user=user.number if user else "")


async def _link_page(request: Request, visitor: Visitor, token: str, heading: str) -> Response:
    lead = words(visitor, _("Give this link to the person, on a way that nobody else reads. It works once."))
    link = Secret(words(visitor, _("One-time link")), address_of(request, f"/welcome/{token}"))
    return await shown_once(request, visitor, HERE, heading, lead, [link], HERE)


async def _invite_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    lead = _("A one-time link is made; whoever opens it names the account and gives it a password.")
    around = FormPage(HERE, words(visitor, _("Invite somebody")), CRUMBS, _("Make the link"), HERE, lead)
    return await form_page(request, visitor, around, sheet, form.offering)


async def _edit_page(request: Request, visitor: Visitor, name: str, sheet: Sheet) -> Response:
    around = FormPage(
        HERE, name, CRUMBS, _("Save"), HERE, delete=f"{HERE}/of/{name}/delete", template="accounts/edit.html"
    )
    return await form_page(request, visitor, around, sheet, form.offering, name=name)
