"""Pages of the directory and of settings: a table of contents."""

from __future__ import annotations

from fastapi import APIRouter

from freeseat.edge.web.live.fragments import Fragment
from freeseat.edge.web.portal import boards, bulk, queue_forms, webhooks, workplaces
from freeseat.edge.web.portal.accounts import accounts, me, tokens
from freeseat.edge.web.portal.phones import acts as phone_acts
from freeseat.edge.web.portal.phones import change as phone_forms
from freeseat.edge.web.portal.phones import list as phones
from freeseat.edge.web.portal.phones import show as phone
from freeseat.edge.web.portal.settings import classes, policy, simple, trunks
from freeseat.edge.web.portal.users import acts as user_acts
from freeseat.edge.web.portal.users import change as user_forms
from freeseat.edge.web.portal.users import list as users
from freeseat.edge.web.portal.users import show as user

ROUTERS: tuple[APIRouter, ...] = (
    users.router,
    user_forms.router,
    user_acts.router,
    user.router,
    phones.router,
    phone_forms.router,
    phone_acts.router,
    phone.router,
    queue_forms.router,
    policy.router,
    classes.router,
    simple.router,
    trunks.router,
    tokens.router,
    accounts.router,
    me.router,
    bulk.router,
    webhooks.router,
    workplaces.router,
    boards.router,
)

FRAGMENTS: tuple[Fragment, ...] = (users.USERS, user.USER, phones.PHONES, phone.PHONE, webhooks.WEBHOOK)
