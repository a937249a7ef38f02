"""`freeseat webhook`: events told to other systems (R10.5)."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from freeseat.application.webhooks.directory import (
    WebhookSeen,
    add_webhook,
    change_webhook,
    delete_webhook,
    rotate_secret,
    send_test,
    skip_to_now,
    webhook_seen,
)
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.pins import STDIN
from freeseat.cli.values import clock, items, yes
from freeseat.domain.drawing import draw_token
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Kind
from freeseat.domain.webhooks import Webhook

app = noun("Webhooks: what happens is told to other systems, signed, in order, tried again for a day.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the webhook.")]
SecretOption = Annotated[
    str | None,
    typer.Option("--secret", metavar="TEXT", help="What signs; - reads it from standard input. Else one is made."),
]

FIELDS: dict[str, Any] = {
    "name": Annotated[str | None, typer.Option("--name", metavar="TEXT", help="A new name.")],
    "url": Annotated[str | None, typer.Option("--url", metavar="URL", help="Where to tell.")],
    "kinds": Annotated[
        str | None, typer.Option("--kinds", metavar="LIST", help="Kinds of events, with commas; empty: all.")
    ],
    "enabled": Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="A disabled one is told nothing.", show_default=False)
    ],
}


@command(
    app, "add", fields=FIELDS,
    example="freeseat webhook add crm --url https://crm.example/freeseat --kinds logged_in,logged_out",
)  # fmt: skip
def add(
    here: Here,
    name: Name,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where to tell: https; http as the policy says.")],
    secret: SecretOption = None,
    **fields: Any,
) -> None:
    """Enter a webhook; it is told what happens from now on. A secret that was made is shown this once."""
    text = _secret(here, secret)
    hook = Webhook(0, name, url, **_changes(fields))
    here.write(lambda tx: add_webhook(tx, hook, text, here.actor, here.now))
    _give(here, name, made=text if secret is None else "")


@command(app, "show", example="freeseat webhook show crm")
def show(here: Here, name: Name) -> None:
    """Show a webhook, how far it has come, and its newest deliveries; never its secret."""
    _give(here, name)


@command(app, "list", example="freeseat webhook list")
def list_(here: Here) -> None:
    """List the webhooks."""
    seen = here.read(lambda tx: [webhook_seen(tx, hook.name, 1) for hook in tx.webhooks.list()])
    seen.sort(key=lambda each: each.hook.name)
    rows = [(each.hook.name, each.hook.url, _kinds(each.hook), _state(each), str(each.behind)) for each in seen]
    empty = "No webhooks. Add one: freeseat webhook add --help"
    give(here, [as_data(each) for each in seen], Listing(("name", "url", "kinds", "state", "behind"), rows, empty))


@command(app, "change", fields=FIELDS, example="freeseat webhook change crm --enabled")
def change(here: Here, which: Name, **fields: Any) -> None:
    """Change a webhook; enabled again, it goes on where it stood."""
    new = here.write(lambda tx: change_webhook(tx, which, _changes(fields), here.actor, here.now))
    _give(here, new.name)


@command(app, "secret", example="freeseat webhook secret crm")
def secret_(here: Here, name: Name, secret: SecretOption = None) -> None:
    """Sign with another secret from now on; one that was made is shown this once."""
    text = _secret(here, secret)
    here.write(lambda tx: rotate_secret(tx, name, text, here.actor, here.now))
    _give(here, name, made=text if secret is None else "")


@command(app, "test", example="freeseat webhook test crm")
def test(here: Here, name: Name) -> None:
    """Tell it of a test; how that went is in `freeseat webhook show`."""
    position = here.write(lambda tx: send_test(tx, name, here.actor, here.now))
    give(here, {"webhook": name, "position": position}, f"a test is on its way to {name}: freeseat webhook show {name}")


@command(app, "skip", example="freeseat webhook skip crm")
def skip(here: Here, name: Name) -> None:
    """Tell it nothing more of what has happened so far."""
    here.write(lambda tx: skip_to_now(tx, name, here.actor, here.now))
    _give(here, name)


@command(app, "delete", example="freeseat webhook delete crm")
def delete(here: Here, name: Name) -> None:
    """Delete a webhook with its log."""
    here.write(lambda tx: delete_webhook(tx, name, here.actor, here.now))
    give(here, {"deleted": {"webhook": name}}, f"webhook {name} is deleted")


def as_data(seen: WebhookSeen) -> dict[str, object]:
    """A webhook for programs; never its secret."""
    return {
        "name": seen.hook.name,
        "url": seen.hook.url,
        "kinds": list(seen.hook.kinds),
        "enabled": seen.hook.enabled,
        "position": seen.progress.position,
        "behind": seen.behind,
        "attempts": seen.progress.attempts,
        "failing_since": seen.progress.failing_since,
        "next_at": seen.progress.next_at,
        "log": [
            {"position": each.position, "at": each.at, "status": each.status, "error": each.error,
             "seconds": each.seconds}
            for each in seen.log
        ],
    }  # fmt: skip


def _secret(here: Here, text: str | None) -> str:
    if text is None:
        return draw_token(here.randomness)
    return sys.stdin.readline().rstrip("\r\n") if text == STDIN else text


def _changes(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "kinds": tuple(_kind(each) for each in items(fields["kinds"]))} if "kinds" in fields else fields


def _kind(text: str) -> Kind:
    if text not in [*Kind]:
        raise InvalidValue("kinds", text, f"use some of {', '.join(Kind)}")
    return Kind(text)


def _kinds(hook: Webhook) -> str:
    return ", ".join(hook.kinds) or "all"


def _state(seen: WebhookSeen) -> str:
    if not seen.hook.enabled:
        return "disabled"
    since = seen.progress.failing_since
    return f"failing since {clock(since)}" if since is not None else "ok"


def _give(here: Here, name: str, made: str = "") -> None:
    seen = here.read(lambda tx: webhook_seen(tx, name))
    fields = {
        "url": seen.hook.url, "kinds": _kinds(seen.hook), "enabled": yes(seen.hook.enabled), "state": _state(seen),
        "behind": f"{seen.behind} events", "next attempt (UTC)": clock(seen.progress.next_at),
    }  # fmt: skip
    if made:
        fields["secret (shown once)"] = made
    rows = [
        (str(each.position), clock(each.at), str(each.status), each.error, f"{each.seconds:.3f} s") for each in seen.log
    ]
    log = Listing(("position", "at (UTC)", "status", "error", "took"), rows, "no deliveries yet")
    data = as_data(seen) | ({"secret": made} if made else {})
    give(here, data, Sheet(f"Webhook {name}", fields), log)
