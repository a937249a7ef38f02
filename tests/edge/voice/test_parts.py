"""The parts of voice that need no network: SDP, keys, digest, G.711, levels, prompts."""

from __future__ import annotations

import shutil
import wave
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freeseat.domain.menus import MENUS, SPOKEN_REASONS, Digits, Name, Say, refusal_prompt
from freeseat.domain.menus.engine import Field
from freeseat.edge.voice import dtmf, g711, prompts, sdp, waves
from freeseat.edge.voice.catalogue import ANNOUNCEMENTS, LANGUAGES, TEXTS, digit_keys
from freeseat.edge.voice.digest import best, credentials, read_challenges
from freeseat.edge.voice.inband import ToneReceiver, key_tones
from freeseat.edge.voice.messages import host_and_port, party, user_part
from freeseat.edge.voice.prompts import PromptLibrary, missing_prompts, render_prompts

# --- SDP -----------------------------------------------------------------------------------------------------------


def test_an_offer_of_ours_is_answered_by_ourselves() -> None:
    offered = sdp.parse(sdp.offer("127.0.0.1", 4000, 1, 1))
    agreed = sdp.agree_on_offer(offered)
    answered = sdp.agree_on_answer(sdp.parse(sdp.answer(agreed, "127.0.0.2", 5000, 2, 1)))
    assert (agreed.codec, agreed.send_type, agreed.send_event) == ("PCMU", 0, 101)
    assert (answered.codec, answered.peer.address, answered.peer.port) == ("PCMU", "127.0.0.2", 5000)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_directions_mirror(theirs: str, ours: str) -> None:
    """RFC 3264, 6.1."""
    assert sdp.agree_on_offer(sdp.parse(sdp.offer("127.0.0.1", 4000, 1, 1, theirs))).direction == ours


def test_dynamic_payload_types_and_ipv6() -> None:
    lines = ["v=0", "c=IN IP6 ::1", "m=audio 4000 RTP/AVP 96 97"]
    text = "\r\n".join([*lines, "a=rtpmap:96 pcma/8000", "a=rtpmap:97 Telephone-Event/8000", ""])
    agreed = sdp.agree_on_offer(sdp.parse(text))
    assert (agreed.codec, agreed.send_type, agreed.receive_event, agreed.peer.address) == ("PCMA", 96, 97, "::1")
    assert "c=IN IP6 ::1" in sdp.answer(agreed, "::1", 4002, 1, 1)


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from(sdp.offer("127.0.0.1", 4000, 1, 1).splitlines())).map("\r\n".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        sdp.agree_on_offer(sdp.parse(text))
    except sdp.NotAcceptable:
        return


# --- keys ----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.text(dtmf.EVENTS, min_size=1, max_size=20), st.integers(0, 0xFFFFFFFF), st.data())
def test_pressed_keys_are_received_whatever_is_lost_repeated_or_late(
    keys: str, start: int, data: st.DataObject
) -> None:
    """RFC 4733, 2.5.1.4: at least one packet of each key arrives; the first ones may be late, twice, or lost."""
    receiver, heard = dtmf.EventReceiver(), ""
    earlier: list[tuple[int, bytes]] = []
    for at, key in enumerate(keys):
        timestamp = (start + 1600 * at) & 0xFFFFFFFF
        packets = list(dtmf.event_payloads(key))
        kept = data.draw(st.lists(st.sampled_from(packets), min_size=1, max_size=10))
        for payload in kept:
            heard += receiver.take(7, timestamp, payload)
            for old_timestamp, old in earlier[-2:]:
                heard += receiver.take(7, old_timestamp, old)
        earlier.append((timestamp, kept[-1]))
    assert heard == keys


@settings(deadline=None)
@given(st.integers(0, 0xFFFFFFFF), st.binary(max_size=20))
def test_any_event_payload_is_taken(timestamp: int, payload: bytes) -> None:
    assert dtmf.EventReceiver().take(1, timestamp, payload) in ("", *dtmf.EVENTS)


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", "Signal= *\nDuration= 160", "*"),
        ("Application/DTMF-Relay;charset=utf-8", "Duration=100\r\nSignal=11\r\n", "#"),
        ("application/dtmf-relay", "Signal=10", "*"),
        ("application/dtmf", "7", "7"),
        ("application/dtmf", " # \r\n", "#"),
        ("application/dtmf", "d", "D"),
        ("application/dtmf", "77", ""),
        ("application/dtmf-relay", "nothing", ""),
        ("text/plain", "7", None),
    ],
)
def test_keys_in_info(kind: str, body: str, key: str | None) -> None:
    assert dtmf.key_of_info(kind, body) == key


def spoken(samples: array[int], codec: str = "PCMU") -> list[bytes]:
    """Samples as packets of 20 ms."""
    audio = g711.encode(codec, samples)
    return [audio[at : at + 160] for at in range(0, len(audio), 160)]


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_keys_as_tones_in_the_audio(codec: str) -> None:
    """ITU-T Q.24: 70 ms and longer count, with a pause of 70 ms between them."""
    receiver, silence, heard = ToneReceiver(), array("h", [0] * 560), ""
    for key in "0123456789*#ABCD5519":
        for payload in spoken(key_tones(key, 0.08) + silence, codec):
            heard += receiver.take(codec, payload)
    assert heard == "0123456789*#ABCD5519"


def test_single_tones_are_no_keys() -> None:
    receiver = ToneReceiver()
    sounds = [waves.tone(hertz, 0.3) for hertz in (400, 697, 941, 1209, 1477, 2000)]
    assert not any(receiver.take("PCMU", payload) for sound in sounds for payload in spoken(sound))


# --- digest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_as_in_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    """RFC 7616, 3.9.1."""
    header = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    [challenge] = read_challenges([header])
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    value = credentials(challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce)
    assert f'response="{response}"' in value
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in value


def test_the_strongest_challenge_is_answered_and_strange_ones_are_left() -> None:
    headers = ['Digest realm="a",nonce="1"', 'Digest realm="a",nonce="2",algorithm=SHA-256,qop="auth"', "Basic x"]
    headers += ['Digest realm="a",nonce="3",algorithm=SHA-512-256', 'Digest realm="a",nonce="4",qop="auth-int"']
    found = read_challenges(headers)
    assert [challenge.nonce for challenge in found] == ["1", "2"]
    chosen = best(found)
    assert chosen is not None
    assert chosen.algorithm == "SHA-256"
    weaker = best(found, frozenset({"MD5"}))
    assert weaker is not None
    assert weaker.nonce == "1"


# --- messages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "number", "tag"),
    [
        ('"Bill \\"B\\" <x>" <sip:2019@office>;tag=1', 'Bill "B" <x>', "2019", "1"),
        ("Bill <sip:2019;ext=1@office:5060;user=phone>", "Bill", "2019", ""),
        ("sip:2019@office;tag=1", "", "2019", "1"),
        ("<sip:%2A45@office>", "", "*45", ""),
        ("rubbish", "", "", ""),
    ],
)
def test_parties(text: str, name: str, number: str, tag: str) -> None:
    found = party(text)
    assert (found.name, found.number, found.tag) == (name, number, tag)


def test_where_a_uri_points() -> None:
    assert host_and_port("<sip:[::1]:5070;lr>") == ("[::1]", 5070)
    assert host_and_port("sip:a@127.0.0.1;transport=udp") == ("127.0.0.1", 5060)
    assert user_part("tel:+49") == ""
    with pytest.raises(ValueError, match="SIP URI"):
        host_and_port("http://x")


# --- audio ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_g711_codes_survive_and_samples_nearly_do(codec: str) -> None:
    """ITU-T G.711: decoding and encoding again changes nothing but the sign of zero; the error stays under 4 %."""
    every = g711.decode(codec, bytes(range(256)))
    assert g711.decode(codec, g711.encode(codec, every)) == every
    ramp = array("h", range(-32768, 32768, 11))
    back = g711.decode(codec, g711.encode(codec, ramp))
    assert all(abs(was - now) <= 20 + abs(was) * 0.04 for was, now in zip(ramp, back, strict=True))
    assert set(g711.decode(codec, g711.SILENCE[codec])) <= {0, 8, -8}


def test_g711_known_values() -> None:
    assert list(g711.decode("PCMU", bytes([0x00, 0x80, 0xFF, 0x7F]))) == [-32124, 32124, 0, 0]
    assert list(g711.decode("PCMA", bytes([0x2A, 0xAA, 0xD5, 0x55]))) == [-32256, 32256, 8, -8]


def test_a_tone_is_found_and_another_is_not() -> None:
    samples = waves.tone(500, 0.5)
    assert waves.tone_share(samples, 500) > 0.99
    assert waves.tone_share(samples, 900) < 0.01
    assert waves.tone_share(array("h"), 500) == 0


@pytest.mark.parametrize("rate", [6000, 8000, 16000, 22050, 44100])
def test_recordings_of_any_rate_keep_their_pitch(rate: int, tmp_path: Path) -> None:
    file = tmp_path / "tone.wav"
    with wave.open(str(file), "wb") as written:
        written.setnchannels(2)
        written.setsampwidth(2)
        written.setframerate(rate)
        mono = array("h", (waves.tone(500 * 8000 / rate, rate / 8000)))
        written.writeframes(array("h", (sample for one in mono for sample in (one, 0))).tobytes())
    samples = waves.read_wave(file)
    assert abs(len(samples) - 8000) < 20
    assert waves.tone_share(samples, 500) > 0.9


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    with pytest.raises(waves.NotAWave):
        waves.read_wave(tmp_path / "x.wav")


def test_silence_is_cut_off_and_all_prompts_are_equally_loud() -> None:
    quiet = array("h", [0] * 4000) + waves.tone(500, 0.5, 900) + array("h", [0] * 4000)
    cut = waves.trim(quiet)
    assert 4000 <= len(cut) < 4500
    assert waves.rms(waves.level(cut)) == pytest.approx(waves.rms(waves.level(waves.tone(500, 0.5, 9000))), rel=0.1)


# --- prompts -------------------------------------------------------------------------------------------------------


def test_every_prompt_a_menu_can_say_has_a_text_in_every_language() -> None:
    questions = {stage.prompt for menu in MENUS.values() for stage in menu.stages.values() if isinstance(stage, Field)}
    refusals = {refusal_prompt(reason) for reason in SPOKEN_REASONS} | {"not_possible"}
    again = {"nothing_entered", "invalid_choice", "pins_differ", "goodbye"}
    told = {"extension", "now_owns_this_phone", "logged_out", "logged_out_after_call", "is_at_phone"}
    told |= {"is_at_own_phone", "is_not_logged_in", "pin_changed"}
    wanted = questions | refusals | again | told | ANNOUNCEMENTS | set(digit_keys("0123456789*#+"))
    for language in LANGUAGES:
        assert wanted <= TEXTS[language].keys()
        assert all(TEXTS[language].values())


def test_numbers_are_spoken_digit_by_digit() -> None:
    said = prompts.keys_of([Say("extension"), Digits("20-1*"), Name("2019")])
    assert said == ["extension", "digit_2", "digit_0", "digit_1", "digit_star", "name_2019"]


def test_prompts_are_rendered_once_and_when_their_text_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"goodbye": "Goodbye.", "digit_2": "two"}
    monkeypatch.setattr(prompts, "TEXTS", {"en": few})
    told: list[tuple[str, str]] = []
    every = ["en/goodbye", "en/digit_2", "en/music_on_hold"]
    assert missing_prompts(tmp_path, ["en"]) == every
    assert render_prompts(tmp_path, ["en"], lambda *what: told.append(what)) == every
    assert told == [("en", "goodbye"), ("en", "digit_2"), ("en", "music_on_hold")]
    assert missing_prompts(tmp_path, ["en"]) == []
    assert render_prompts(tmp_path, ["en"]) == []
    few["goodbye"] = "Goodbye, and thank you."
    (tmp_path / "en" / "digit_2.alaw").unlink()
    assert render_prompts(tmp_path, ["en"]) == ["en/goodbye", "en/digit_2"]
    spoken = g711.decode("PCMU", (tmp_path / "en" / "digit_2.ulaw").read_bytes())
    assert 0.1 < len(spoken) / g711.RATE < 1
    assert waves.rms(spoken) > 1500
    tune = PromptLibrary(tmp_path).music("811", "PCMU")
    assert len(tune) == 32 * g711.RATE
    assert waves.rms(g711.decode("PCMU", tune)) > 1500


def test_without_a_synthesiser_english_is_an_error_and_another_language_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert render_prompts(tmp_path, ["de"]) == ["en/music_on_hold"]
    assert "de/goodbye" in missing_prompts(tmp_path)
    with pytest.raises(prompts.NoSpeech, match="flite"):
        render_prompts(tmp_path)


def test_a_recording_replaces_a_prompt_and_a_missing_language_falls_back(tones: Path, tmp_path: Path) -> None:
    shutil.copytree(tones / "en", tmp_path / "en")
    custom = tmp_path / "de" / "custom"
    custom.mkdir(parents=True)
    (custom / "goodbye.ulaw").write_bytes(g711.encode("PCMU", waves.tone(3000, 0.2)))
    (custom / "name_2019.ulaw").write_bytes(g711.encode("PCMU", waves.tone(3100, 0.2)))
    library = PromptLibrary(tmp_path)
    german = g711.decode("PCMA", library.audio([Say("goodbye")], "de", "PCMA"))
    assert waves.tone_share(german, 3000) > 0.9
    assert library.audio([Say("extension")], "de", "PCMU") == library.audio([Say("extension")], "en", "PCMU") != b""
    assert library.audio([Name("2019")], "de", "PCMU")
    assert library.audio([Name("2020")], "de", "PCMU") == b""
    for language in ("../x", "1" * 400):
        assert library.audio([Say("extension")], language, "PCMU") == library.audio([Say("extension")], "", "PCMU")
    assert library.audio([Name("2" * 400)], "de", "PCMU") == b"", "longer than a file's name may be"
    (custom / "extension.wav").write_bytes(b"no recording")
    (custom / "music_811.ulaw").write_bytes(g711.encode("PCMU", waves.tone(3200, 0.2)))
    assert PromptLibrary(tmp_path).preload() == len(TEXTS["en"]) + len(["music", "goodbye", "name", "extension", "811"])
    assert waves.tone_share(g711.decode("PCMU", PromptLibrary(tmp_path, "de").music("811", "PCMU")), 3200) > 0.9
    assert PromptLibrary(tmp_path).music("812", "PCMU") == PromptLibrary(tmp_path).music("813", "PCMU") != b""
    assert PromptLibrary(tmp_path).audio([Say("extension")], "de", "PCMU") != b""
    assert library.known("goodbye")
    assert not library.known("../../etc/passwd")
