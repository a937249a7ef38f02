"""The voice process: menus over the use cases, in a process of its own."""

from __future__ import annotations

import asyncio
import signal
from ipaddress import ip_network

from freeseat.bootstrap.actions import MenuActions
from freeseat.bootstrap.database import open_database, open_listener
from freeseat.bootstrap.node import VOICE, addresses
from freeseat.bootstrap.queue_actions import UseCaseQueues
from freeseat.bootstrap.ready import mark_ready
from freeseat.bootstrap.wish_actions import UseCaseWishes
from freeseat.edge.switch.kamailio import voice_secret
from freeseat.edge.voice.queueing.inviting import Callee
from freeseat.edge.voice.queueing.room import QueueSettings
from freeseat.edge.voice.rtp import PortRange
from freeseat.edge.voice.server import VoiceSettings, serve_voice
from freeseat.edge.voice.wishes.actions import WishSettings
from freeseat.settings import Settings

_WISHES = "wishes"


def queue_settings(settings: Settings) -> QueueSettings:
    """What the waiting room is told, from the node's settings."""
    every = addresses(settings)
    own = settings.voice.host
    # the switch is reached where voice is: over loopback if both are there
    at = own if own in every else next((each for each in every if each.version == own.version), every[0])
    switch = (f"[{at}]" if at.version == 6 else str(at), settings.sip.port)

    def route(number: str) -> Callee:
        return Callee(f"sip:{number}@{settings.sip.realm}", switch)

    return QueueSettings(route, settings.sip.realm, voice_secret(settings.runtime_dir), settings.voice.queue_in_name)


def wish_settings(settings: Settings) -> WishSettings:
    """What the carrying out of pages' wishes is told, from the node's settings."""
    queues = queue_settings(settings)
    return WishSettings(queues.route, queues.realm, queues.secret, settings.voice.alert_info)


def voice_settings(settings: Settings) -> VoiceSettings:
    """What the voice menus are told, from the node's settings."""
    own = settings.voice
    return VoiceSettings(
        prompts=settings.prompts_dir,
        host=str(own.host),
        # Kamailio sends on from the address at which the phone reached it, so voice meets all of them as sources.
        sources=tuple(ip_network(address) for address in {own.host, *addresses(settings)}),
        port=own.port,
        ports=PortRange(own.rtp_first, own.rtp_last),
        media_address=str(own.media) if own.media else "",
        language=own.languages[0],
        freeze=True,
    )


async def run_voice(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises PortTaken, or Unavailable if the database can't be opened."""
    database = open_database(settings)
    actions = MenuActions(database, settings.runtime_dir)
    queues = UseCaseQueues(database, open_listener(settings, VOICE), settings.node)
    wishes = UseCaseWishes(database, open_listener(settings, _WISHES), settings.node)
    serving = asyncio.ensure_future(
        serve_voice(
            voice_settings(settings),
            actions,
            (queue_settings(settings), queues),
            (wish_settings(settings), wishes),
            on_ready=lambda: mark_ready(settings.runtime_dir, VOICE),
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        pass
    finally:
        database.close()
