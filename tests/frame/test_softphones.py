"""What set-up prints at its end really works as printed (issue 2, what 2): the very commands, with the real baresip."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO

import pytest
from tests.clients.node import Node
from tests.clients.waiting import until

from freeseat.cli.softphones import Person, PhoneAccount, instructions


def printed(text: str, start: str) -> str:
    """The shell command in the printed text that starts so, with its continuation lines."""
    lines = iter(text.splitlines())
    command = next(line for line in lines if line.strip().startswith(start))
    while command.endswith("\\"):
        command += "\n" + next(lines)
    return command


def test_codes_and_addresses_are_those_of_the_office() -> None:
    phones = [PhoneAccount("3001", "s1"), PhoneAccount("3002", "s2")]
    people = [Person("2019", "Bill", "4711"), Person("2020", "Ann", "")]
    text = instructions(phones, people, "2001:db8::7", 5070, "*55", "*56")
    assert "<sip:3001@[2001:db8::7]:5070;transport=udp>;auth_user=3001;auth_pass=s1;regint=300" in text
    assert "register sip:3002@[2001:db8::7]:5070 sip:[2001:db8::7]:5070;transport=udp s2" in text
    assert "2019# and 4711# and 2" in text
    assert "*55" in text
    assert "*56 logs out" in text
    assert "(as set)" in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.sip
@pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed; scripts/test installs it")
def test_a_person_logs_in_by_the_printed_commands(tmp_path: Path) -> None:
    with Node() as node, (tmp_path / "said").open("w+b") as said:
        text = node.do("sample-office")
        without_sound, phone = (
            printed(text, "mkdir -p ~/phone-3001 && printf"),
            printed(text, "mkdir -p ~/phone-3001 && echo"),
        )
        keys = re.search(r"(\d+#) and (\d+#) and (2), and listen", text)
        assert keys
        home = os.environ | {"HOME": str(tmp_path)}
        subprocess.run(("sh", "-c", without_sound), env=home, check=True, capture_output=True)
        baresip = subprocess.Popen(
            ("sh", "-c", phone), env=home, stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True
        )
        try:
            assert baresip.stdin
            until(lambda: node.json("bindings", "list"), "3001 is registered", 10)
            _type(baresip.stdin, "/dial *45\n")
            until(lambda: b"established" in (tmp_path / "said").read_bytes(), "the menu answers", 10)
            for part in keys.groups():
                _type(baresip.stdin, part)
            until(lambda: node.json("where"), "somebody is logged in", 20)
            (login,) = node.json("where")
            assert (login["user"], login["phone"]) == ("2019", "3001")
        finally:
            os.killpg(baresip.pid, signal.SIGKILL)
            baresip.communicate()


def _type(keyboard: IO[bytes], text: str) -> None:
    keyboard.write(text.encode())
    keyboard.flush()
