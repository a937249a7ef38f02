"""The portal's navigation: what there is, and whom it is shown to."""

from __future__ import annotations

from dataclasses import dataclass

from freeseat.application.accounts.principal import Principal
from freeseat.domain.permissions import Permission


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Item:
    """An entry: its address, icon, title, and the permission without which it is not shown.

    With `everywhere` it concerns all queues and sites: who is bounded to some is not shown it.
    """

    href: str
    icon: str
    title: str
    permission: Permission
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading."""

    title: str
    items: tuple[Item, ...]


MENU = (
    Group("", (Item("/portal", "overview", _("Overview"), Permission.DESKS_READ),)),
    Group(
        _("Now"),
        (
            Item("/portal/desks", "desks", _("Desks"), Permission.DESKS_READ),
            Item("/portal/queues", "queues", _("Queues"), Permission.QUEUES_READ),
            Item("/portal/console", "console", _("Console"), Permission.DESKS_READ),
            Item("/portal/floor", "floor", _("Floor plans"), Permission.DESKS_READ),
        ),
    ),
    Group(
        _("Directory"),
        (
            Item("/portal/users", "users", _("People"), Permission.DIRECTORY_READ),
            Item("/portal/phones", "phones", _("Phones"), Permission.DIRECTORY_READ),
            Item("/portal/workplaces", "workplaces", _("Workplaces"), Permission.SETTINGS_READ, everywhere=True),
            Item("/portal/boards", "boards", _("Wallboards"), Permission.QUEUES_READ),
            Item("/portal/import", "import", _("Import and export"), Permission.DIRECTORY_WRITE, everywhere=True),
        ),
    ),
    Group(
        _("What happened"),
        (
            Item("/portal/calls", "calls", _("Calls"), Permission.CALLS_READ),
            Item("/portal/reports", "reports", _("Reports"), Permission.REPORTS_READ),
            Item("/portal/audit", "audit", _("Audit log"), Permission.AUDIT_READ),
        ),
    ),
    Group(
        _("Rules"),
        (
            Item("/portal/settings", "settings", _("Settings"), Permission.SETTINGS_READ, everywhere=True),
            Item("/portal/webhooks", "webhooks", _("Webhooks"), Permission.SETTINGS_READ, everywhere=True),
            Item("/portal/accounts", "accounts", _("Accounts and tokens"), Permission.ACCOUNTS_WRITE, everywhere=True),
        ),
    ),
)


def menu_of(principal: Principal) -> list[Group]:
    """What somebody is shown; groups that would be empty are left out."""
    bounded = not principal.sphere.unbounded

    def shown(item: Item) -> bool:
        return principal.may(item.permission) and not (item.everywhere and bounded)

    groups = [Group(group.title, tuple(item for item in group.items if shown(item))) for group in MENU]
    return [group for group in groups if group.items]
