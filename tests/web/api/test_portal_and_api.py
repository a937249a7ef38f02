"""What pages can do, programs can do (issue 4): each deed of a page beside the operation of the API that does it."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import APIRoute

from freeseat.edge.web.api.description import RESOURCES
from freeseat.edge.web.api.resource import PREFIX
from freeseat.edge.web.routes import ROUTERS

DESK = "/desk/{kind}/{which}"
DEEDS: dict[str, str] = {
    "/portal/users/new": "create_user",
    "/portal/users/{number}/edit": "change_a_user",
    "/portal/users/{number}/pin": "set_user_pin",
    "/portal/users/{number}/log-out": "log_out_a_user",
    "/portal/users/{number}/unlock": "unlock_a_user",
    "/portal/users/{number}/disable": "change_a_user",
    "/portal/users/{number}/enable": "change_a_user",
    "/portal/users/{number}/delete": "delete_a_user",
    "/portal/phones/new": "create_phone",
    "/portal/phones/{number}/edit": "change_a_phone",
    "/portal/phones/{number}/secret": "set_phone_secret",
    "/portal/phones/{number}/log-in": "log_in_user",
    "/portal/phones/{number}/log-out": "log_out_phone",
    "/portal/phones/{number}/disable": "change_a_phone",
    "/portal/phones/{number}/enable": "change_a_phone",
    "/portal/phones/{number}/delete": "delete_a_phone",
    "/portal/desks/{place}/log-out": "log_out_phone",
    "/portal/desks/{number}/log-in": "log_in_user",
    "/portal/queues/new": "create_queue",
    "/portal/queues/{number}/edit": "change_a_queue",
    "/portal/queues/{number}/delete": "delete_a_queue",
    "/portal/queues/{number}/members": "set_queue_member",
    "/portal/queues/{number}/members/{user}/remove": "delete_queue_member",
    "/portal/queues/{number}/members/{user}/log-in": "log_member_in",
    "/portal/queues/{number}/members/{user}/log-out": "log_member_out",
    "/portal/queues/{number}/members/{user}/pause": "pause_member",
    "/portal/queues/{number}/members/{user}/resume": "resume_member",
    "/portal/floor/new": "create_plan",
    "/portal/floor/{plan_id}/change": "change_a_plan",
    "/portal/floor/{plan_id}/delete": "delete_a_plan",
    "/portal/floor/{plan_id}/desks": "place_phone",
    "/portal/floor/{plan_id}/desks/{number}": "place_phone",
    "/portal/floor/{plan_id}/desks/{number}/remove": "take_phone_off",
    "/portal/settings": "change_policy",
    "/portal/settings/classes/new": "create_class",
    "/portal/settings/classes/{id}": "change_a_class",
    "/portal/settings/classes/{id}/delete": "delete_a_class",
    "/portal/settings/codes": "set_feature_code",
    "/portal/settings/trusted": "create_trusted_network",
    "/portal/settings/trusted/{id}/remove": "delete_trusted_network",
    "/portal/settings/schedules": "create_schedule",
    "/portal/settings/schedules/{id}/remove": "delete_a_schedule",
    "/portal/settings/inbound": "set_inbound_number",
    "/portal/settings/inbound/{id}/remove": "delete_inbound_number",
    "/portal/settings/trunks/new": "create_trunk",
    "/portal/settings/trunks/{id}": "change_a_trunk",
    "/portal/settings/trunks/{id}/delete": "delete_a_trunk",
    "/portal/webhooks/new": "create_webhook",
    "/portal/webhooks/{id}/edit": "change_a_webhook",
    "/portal/webhooks/{id}/test": "test_webhook",
    "/portal/webhooks/{id}/skip": "skip_webhook",
    "/portal/webhooks/{id}/secret": "rotate_webhook_secret",
    "/portal/webhooks/{id}/delete": "delete_a_webhook",
    "/portal/workplaces/new": "create_workplace",
    "/portal/workplaces/{id}": "change_a_workplace",
    "/portal/workplaces/{id}/links/{link}": "give_workplace_link",
    "/portal/workplaces/{id}/links/{link}/revoke": "revoke_workplace_link",
    "/portal/workplaces/{id}/delete": "delete_a_workplace",
    "/portal/boards/new": "create_board",
    "/portal/boards/{id}/edit": "change_a_board",
    "/portal/boards/{id}/link": "give_a_board_link",
    "/portal/boards/{id}/link/revoke": "revoke_a_board_link",
    "/portal/boards/{id}/delete": "delete_a_board",
    "/portal/import/check": "start_import",
    "/portal/import/{id}/apply": "start_import",
    "/portal/accounts/invite": "create_invitation",
    "/portal/accounts/invitations/{id}/withdraw": "withdraw_an_invitation",
    "/portal/accounts/of/{name}": "change_an_account",
    "/portal/accounts/of/{name}/link": "invite_account_owner",
    "/portal/accounts/of/{name}/unlock": "unlock_an_account",
    "/portal/accounts/of/{name}/delete": "delete_an_account",
    "/portal/accounts/tokens/new": "create_token",
    "/portal/accounts/tokens/{id}/revoke": "revoke_a_token",
    "/portal/me": "change_me",
    "/portal/me/password": "change_my_password",
    "/portal/me/sign-out-elsewhere": "sign_me_out_elsewhere",
    f"{DESK}/log-in": "log_in_user",
    f"{DESK}/log-out": "log_out_phone",
    f"{DESK}/attend": "log_in_to_queues",
    f"{DESK}/pause": "pause_at_queues",
    f"{DESK}/ready": "resume_at_queues",
    f"{DESK}/dial": "wish_for_user",
    f"{DESK}/answer": "wish_for_user",
    f"{DESK}/hang-up": "wish_for_user",
    f"{DESK}/settings": "set_user_page_settings",
    "/desk/login/{token}": "log_in_user",
    "/desk/login/{token}/out": "log_out_phone",
}
SIGNING_IN = {"/sign-in", "/sign-out", "/welcome/{token}"}
"""How browsers come by what programs have as a token."""


def _routes() -> Iterator[APIRoute]:
    yield from (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))


def _deeds() -> Iterator[str]:
    for route in _routes():
        if not route.path.startswith(PREFIX) and route.methods and not route.methods <= {"GET", "HEAD"}:
            yield route.path


def test_every_deed_of_a_page_has_its_operation() -> None:
    """A page that can do something new needs a line above, and so an operation of the API."""
    assert set(_deeds()) == set(DEEDS) | SIGNING_IN


def test_the_operations_are_there_and_change_something() -> None:
    there = {
        route.operation_id: route.methods or set()
        for each in RESOURCES
        for route in each.router.routes
        if isinstance(route, APIRoute)
    }
    assert set(DEEDS.values()) <= set(there)
    assert not [name for name in DEEDS.values() if "GET" in there[name]]
