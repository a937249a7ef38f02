"""The voice process: menus over the use cases, in a process of its own."""

from __future__ import annotations

import asyncio
import signal
from ipaddress import ip_network

from freeseat.bootstrap.actions import MenuActions
from freeseat.bootstrap.database import open_database
from freeseat.bootstrap.node import VOICE, addresses
from freeseat.bootstrap.ready import mark_ready
from freeseat.edge.voice.rtp import PortRange
from freeseat.edge.voice.server import VoiceSettings, serve_voice
from freeseat.settings import Settings


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
    serving = asyncio.ensure_future(
        serve_voice(voice_settings(settings), actions, on_ready=lambda: mark_ready(settings.runtime_dir, VOICE))
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        pass
    finally:
        database.close()
