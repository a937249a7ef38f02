"""Menus over real SIP and RTP: prompts heard, keys by RFC 4733 and by INFO, type-ahead, barge-in (R2.1)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from freeseat.domain.menus import Terms
from freeseat.edge.voice import g711, waves
from freeseat.edge.voice.server import VoiceServer, VoiceSettings
from freeseat.edge.voice.softphone import Account, CallFailed, Softphone
from tests.edge.voice.conftest import Office, becomes, calling, headers, hears


def test_a_login_is_heard_keyed_and_announced(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (server, phone):
            call = await phone.call("*45", headers("login"))
            await hears(call, "enter_extension")
            await call.press("2019#")
            await hears(call, "enter_pin")
            await call.press("1234#")
            await hears(call, "press_2_to_take_ownership")
            await call.press("2")
            for key in ("extension", "digit_2", "digit_0", "digit_1", "digit_9", "now_owns_this_phone", "goodbye"):
                await hears(call, key)
            end = await call.wait_ended()
            assert (end.by, end.code) == ("remote", 200)
            assert office.places == {"2019": "3001"}
            await becomes(lambda: server.calls == 0 and server.open_transactions == 0, "nothing is left")

    asyncio.run(scene())


def test_what_kamailio_says_about_the_call_reaches_the_actions(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*342019", headers("locate", "2019", source="127.0.0.1"))
            await hears(call, "is_not_logged_in")
            context = office.contexts[0]
            assert (context.phone, context.code, context.digits, context.source) == (
                "3001",
                "locate",
                "2019",
                "127.0.0.1",
            )
            assert context.call_id == call.leg.call_id

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["application/dtmf-relay", "application/dtmf"])
def test_keys_come_by_info_too(settings: VoiceSettings, office: Office, kind: str) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*45", headers("login"))
            assert set(await call.press_by_info("2019#1234#2", kind)) == {200}
            await becomes(lambda: office.places == {"2019": "3001"}, "the login")

    asyncio.run(scene())


def test_keys_come_as_tones_where_a_phone_offers_no_events(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            phone.events = False
            call = await phone.call("*45", headers("login"))
            await hears(call, "enter_extension")
            await call.say_keys("2019#1234#2")
            await becomes(lambda: office.places == {"2019": "3001"}, "the login")

    asyncio.run(scene())


def test_a_login_over_ipv6(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        server = await VoiceServer.open(replace(settings, host="::1"), office)
        try:
            async with Softphone(Account("3001", "", server.address), host="::1") as phone:
                call = await phone.call("*45", headers("login", source="::1"))
                await hears(call, "enter_extension")
                await call.press("2019#1234#2", milliseconds=40)
                await becomes(lambda: office.places == {"2019": "3001"}, "the login")
        finally:
            await server.close()

    asyncio.run(scene())


def test_a_key_that_comes_both_ways_counts_once(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*45", headers("login"))
            for key in "2019#1234#2":
                await call.press(key, milliseconds=40)
                await call.press_by_info(key)
            await becomes(lambda: office.places == {"2019": "3001"}, "the login")

    asyncio.run(scene())


def test_everything_may_be_typed_ahead(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*45", headers("login"))
            await call.press("2019#1234#2", milliseconds=40)
            await becomes(lambda: office.places == {"2019": "3001"}, "the login")
            await hears(call, "now_owns_this_phone")

    asyncio.run(scene())


def test_a_key_stops_a_prompt(settings: VoiceSettings, office: Office, tmp_path: Path) -> None:
    """Barge-in: a prompt of ten seconds is silent as soon as a key comes."""
    custom = tmp_path / "en" / "custom"
    custom.mkdir(parents=True)
    (custom / "enter_extension.ulaw").write_bytes(g711.encode("PCMU", waves.tone(440, 10)))

    async def scene() -> None:
        async with calling(replace(settings, prompts=tmp_path), office) as (_server, phone):
            call = await phone.call("*45", headers("login"))
            await becomes(lambda: call.heard(440, 0.2).tone_share > 0.9, "the prompt is heard")
            await call.press("2")
            await becomes(lambda: call.heard(seconds=0.2).rms < 50, "the prompt is silent", 5.0)

    asyncio.run(scene())


def test_a_logout_with_a_wrong_then_the_right_pin(settings: VoiceSettings, office: Office) -> None:
    office.places["2019"] = "3001"

    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*46", headers("logout"))
            await hears(call, "enter_pin")
            await call.press("9999#")
            await hears(call, "refused_wrong_credentials")
            await hears(call, "enter_pin")
            await call.press("1234#")
            await hears(call, "logged_out")
            assert office.places == {}

    asyncio.run(scene())


def test_the_pin_is_changed_by_phone(settings: VoiceSettings, office: Office) -> None:
    """R1.8."""
    office.places["2019"] = "3001"

    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*47", headers("change_pin"))
            await call.press("1234#7755#7755#", milliseconds=40)
            await hears(call, "pin_changed")
            assert office.pins["2019"] == "7755"

    asyncio.run(scene())


def test_who_says_nothing_hears_goodbye_after_three_tries(settings: VoiceSettings, office: Office) -> None:
    quick = replace(settings, terms=Terms(first_wait=0.05))

    async def scene() -> None:
        async with calling(quick, office) as (_server, phone):
            call = await phone.call("*45", headers("login"))
            await hears(call, "nothing_entered")
            await hears(call, "goodbye")
            await call.wait_ended()
            assert office.asked == []

    asyncio.run(scene())


def test_an_announcement_is_played_once(settings: VoiceSettings, office: Office) -> None:
    """R3.1."""

    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("2019", headers("announce", "user_logged_out"))
            await hears(call, "user_logged_out")
            await call.wait_ended()
            unknown = await phone.call("2019", headers("announce", "../../etc/passwd"))
            await hears(unknown, "not_possible")

    asyncio.run(scene())


def test_an_action_that_fails_is_spoken(settings: VoiceSettings, office: Office) -> None:
    async def broken() -> None:
        raise RuntimeError("the database is gone")

    office.before = broken

    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*34", headers("locate", "2019"))
            await hears(call, "refused_unavailable")

    asyncio.run(scene())


def test_hanging_up_while_an_action_runs_does_not_undo_it(settings: VoiceSettings, office: Office) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        if office.asked[-1] == "log_in":
            reached.set()
            await go_on.wait()

    office.before = slowly

    async def scene() -> None:
        async with calling(settings, office) as (server, phone):
            call = await phone.call("*45", headers("login"))
            await call.press("2019#1234#2", milliseconds=40)
            await asyncio.wait_for(reached.wait(), 15)
            call.hang_up()
            await becomes(call.ended.done, "the call is over")
            go_on.set()
            await becomes(lambda: server.calls == 0, "the menu is over")
            assert office.places == {"2019": "3001"}

    asyncio.run(scene())


def test_a_menu_lasts_no_longer_than_allowed(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(replace(settings, longest_call=0.3), office) as (_server, phone):
            call = await phone.call("*45", headers("login"))
            assert (await call.wait_ended(3)).by == "remote"

    asyncio.run(scene())


def test_beyond_the_limit_calls_are_told_to_come_back(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(replace(settings, most_calls=1), office) as (_server, phone):
            await phone.call("*45", headers("login"))
            with pytest.raises(CallFailed, match="503"):
                await phone.call("*45", headers("login"))

    asyncio.run(scene())


def test_an_unknown_code_is_not_found(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (_server, phone):
            with pytest.raises(CallFailed, match="404"):
                await phone.call("*99", headers("moon"))

    asyncio.run(scene())


def test_the_server_hangs_up_all_calls_when_it_stops(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(settings, office) as (server, phone):
            call = await phone.call("*45", headers("login"))
            await server.close()
            assert (await call.wait_ended()).by == "remote"

    asyncio.run(scene())


def test_two_calls_of_one_phone_do_not_disturb_each_other(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with (
            calling(settings, office) as (server, phone),
            Softphone(Account("3002", "", server.address), host="127.0.0.1") as other,
        ):
            one = await phone.call("*45", headers("login"))
            two = await other.call("*45", headers("login", phone="3002"))
            await asyncio.gather(one.press("2019#1234#2", milliseconds=40), two.press("2020#5678#2", milliseconds=40))
            await becomes(lambda: office.places == {"2019": "3001", "2020": "3002"}, "both logins")

    asyncio.run(scene())
