"""`/webhooks`: events told to other systems, signed, in order, tried again (R10.5)."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from freeseat.application.ports import Transaction
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
from freeseat.domain.permissions import Permission
from freeseat.domain.webhooks import Delivery, Webhook
from freeseat.edge.web.api.bodies import Body, Listed, Use, answer_of, derived, whole
from freeseat.edge.web.api.resource import Caller, Everywhere, Name, Parts, Resource
from freeseat.edge.web.context import now
from freeseat.edge.web.drawing import new_link

webhooks = Resource("webhooks", "Events told to other systems, signed, in order, tried again (R10.5).")

_INNER = ("id", "secret")


@derived(Webhook, Use.NEW, without=_INNER)
class NewWebhook(Body):
    """A webhook to enter."""

    secret: str | None = Field(None, description="Signs what is told, 16 to 200 characters; made at random without.")


@derived(Webhook, Use.CHANGES, without=_INNER)
class WebhookChanges(Body):
    """What to change of a webhook."""


@derived(Webhook, Use.ANSWER, without=_INNER)
class WebhookAnswer(Body):
    """A webhook, and how it does; never its secret."""

    behind: int = Field(description="How many events it has not been told yet.")
    attempts: int = Field(description="Attempts in vain since it last took one.")
    failing_since: datetime | None
    next_at: datetime | None = Field(description="When it is tried again.")


class WebhookMade(WebhookAnswer):
    """A webhook that was entered."""

    secret: str = Field(description="What signs deliveries: told this once.")


class NewSigningSecret(Body):
    """Another secret; without one it is made at random."""

    secret: str | None = Field(None, description="16 to 200 printable characters.")


class SigningSecret(Body):
    """A new secret: told this once."""

    secret: str


class TestSent(Body):
    """A test is on its way."""

    position: int = Field(description="The position to look for in the deliveries.")


@derived(Delivery, Use.ANSWER, without=("id", "webhook_id"))
class DeliveryAnswer(Body):
    """One attempt to tell an event: HTTP status (0: no answer), what went wrong, seconds it took."""

    taken: bool = Field(description="Whether the other side has it.")


@webhooks.get("/webhooks", Everywhere(Permission.SETTINGS_READ))
async def list_webhooks(web: Parts) -> Listed[WebhookAnswer]:
    """List the webhooks, by name."""

    def question(tx: Transaction) -> list[WebhookSeen]:
        return [webhook_seen(tx, name, 0) for name in sorted(hook.name for hook in tx.webhooks.list())]

    return whole([_answer(each) for each in await web.read(question)])


@webhooks.post("/webhooks", Everywhere(Permission.SETTINGS_WRITE), status_code=201)
async def create_webhook(caller: Caller, web: Parts, body: NewWebhook) -> WebhookMade:
    """Enter a webhook; it is told of what happens from now on."""
    given = body.filled()
    secret = given.pop("secret") or new_link()

    def enter(tx: Transaction) -> WebhookSeen:
        added = add_webhook(tx, Webhook(0, **given), secret, caller.actor, now())
        return webhook_seen(tx, added.name, 0)

    seen = await web.write(enter)
    return answer_of(WebhookMade, seen.hook, _more(seen) | {"secret": secret})


@webhooks.get("/webhooks/{name}", Everywhere(Permission.SETTINGS_READ))
async def get_webhook(web: Parts, name: Name) -> WebhookAnswer:
    """Show a webhook, and how it does."""
    return _answer(await web.read(lambda tx: webhook_seen(tx, name, 0)))


@webhooks.patch("/webhooks/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def change_a_webhook(caller: Caller, web: Parts, name: Name, body: WebhookChanges) -> WebhookAnswer:
    """Change a webhook; enabled again, it goes on where it stood."""

    def change(tx: Transaction) -> WebhookSeen:
        return webhook_seen(tx, change_webhook(tx, name, body.given(), caller.actor, now()).name, 0)

    return _answer(await web.write(change))


@webhooks.delete("/webhooks/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_a_webhook(caller: Caller, web: Parts, name: Name) -> None:
    """Delete a webhook with its log."""
    await web.write(lambda tx: delete_webhook(tx, name, caller.actor, now()))


@webhooks.put("/webhooks/{name}/secret", Everywhere(Permission.SETTINGS_WRITE))
async def rotate_webhook_secret(caller: Caller, web: Parts, name: Name, body: NewSigningSecret) -> SigningSecret:
    """Sign with another secret from now on; it is in the answer, this once."""
    secret = body.secret or new_link()
    await web.write(lambda tx: rotate_secret(tx, name, secret, caller.actor, now()))
    return SigningSecret(secret=secret)


@webhooks.post("/webhooks/{name}/test", Everywhere(Permission.SETTINGS_WRITE), status_code=202)
async def test_webhook(caller: Caller, web: Parts, name: Name) -> TestSent:
    """Tell a webhook of a test, behind what it has not been told yet."""
    return TestSent(position=await web.write(lambda tx: send_test(tx, name, caller.actor, now())))


@webhooks.post("/webhooks/{name}/skip", Everywhere(Permission.SETTINGS_WRITE))
async def skip_webhook(caller: Caller, web: Parts, name: Name) -> WebhookAnswer:
    """Tell a webhook nothing more of what has happened so far."""

    def skip(tx: Transaction) -> WebhookSeen:
        skip_to_now(tx, name, caller.actor, now())
        return webhook_seen(tx, name, 0)

    return _answer(await web.write(skip))


@webhooks.get("/webhooks/{name}/deliveries", Everywhere(Permission.SETTINGS_READ))
async def list_webhook_deliveries(web: Parts, name: Name) -> Listed[DeliveryAnswer]:
    """List the newest attempts, newest first."""
    seen = await web.read(lambda tx: webhook_seen(tx, name))
    return whole([answer_of(DeliveryAnswer, each, {"taken": each.taken}) for each in seen.log])


def _answer(seen: WebhookSeen) -> WebhookAnswer:
    return answer_of(WebhookAnswer, seen.hook, _more(seen))


def _more(seen: WebhookSeen) -> dict[str, object]:
    progress = seen.progress
    return {
        "behind": seen.behind,
        "attempts": progress.attempts,
        "failing_since": progress.failing_since,
        "next_at": progress.next_at,
    }
