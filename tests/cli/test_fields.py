"""The command line knows every field of the directory and the policy: a new one must not be forgotten."""

from __future__ import annotations

from dataclasses import fields

from freeseat.application.accounts.directory import CHANGEABLE as OF_ACCOUNT
from freeseat.application.directory.phones import CHANGEABLE as OF_PHONE
from freeseat.application.directory.rules import CLASS_CHANGEABLE
from freeseat.application.directory.trunks import CHANGEABLE as OF_TRUNK
from freeseat.application.directory.users import CHANGEABLE as OF_USER
from freeseat.application.queues.directory import CHANGEABLE as OF_QUEUE
from freeseat.cli import account, cos, phone, policy, trunk, user
from freeseat.cli.queues import directory as queue
from freeseat.domain.policy import Policy

_IDS = {"class_id": "cos", "owner_id": "owner", "default_owner_id": "default_owner", "user_id": "user"}


def test_users_phones_classes_queues_trunks_and_accounts() -> None:
    for known, changeable in (
        (user.FIELDS, OF_USER),
        (phone.FIELDS, OF_PHONE),
        (cos.FIELDS, CLASS_CHANGEABLE),
        (queue.FIELDS, OF_QUEUE),
        (trunk.FIELDS, OF_TRUNK),
        (account.FIELDS, OF_ACCOUNT),
    ):
        assert set(known) == {_IDS.get(name, name) for name in changeable}


PARTS = ("pin", "lockout", "sign_in")


def test_policy() -> None:
    default = Policy()
    names = {
        f"{each.name}.{inner.name}"
        for each in fields(Policy)
        if each.name in PARTS
        for inner in fields(getattr(default, each.name))
    } | {each.name for each in fields(Policy) if each.name not in PARTS}
    assert set(policy.RULES) == names
