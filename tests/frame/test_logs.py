"""Structured logs: JSON lines in UTC, secrets masked at any depth, the standard library's logs included."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from freeseat import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_json_object_a_line_with_utc_time_and_origin(stream: io.StringIO) -> None:
    logs.configure("info", "json", process="control", node="main", stream=stream)
    structlog.get_logger().info("login", user="2019")
    (line,) = lines(stream)
    assert line["event"] == "login"
    assert (line["process"], line["node"], line["level"], line["user"]) == ("control", "main", "info", "2019")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])).total_seconds()) < 60
    assert line["timestamp"].endswith("Z")


def test_secret_keys_are_masked_at_any_depth(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    structlog.get_logger().info(
        "ask", pin="4711x", asked=[{"ha1_256": "4711x", "Proxy-Authorization": "4711x"}], row={"sip_secret": "4711x"}
    )
    assert "4711x" not in stream.getvalue()
    assert lines(stream)[0]["asked"] == [{"ha1_256": logs.MASK, "Proxy-Authorization": logs.MASK}]


@pytest.mark.parametrize("key", ["pin", "PIN", "old_pin", "password", "ha1", "api-token", "Authorization"])
def test_secret_words(key: str) -> None:
    assert logs.is_secret(key)


@pytest.mark.parametrize("key", ["pinned", "spinning", "user", "reason", "tokens_left"])
def test_words_that_merely_look_alike_are_not_secret(key: str) -> None:
    assert not logs.is_secret(key)


def test_secrets_inside_texts_are_masked(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    logging.getLogger("sippy").warning("REGISTER sip:x\r\nAuthorization: Digest abc\r\nExpires: 60")
    logging.getLogger("sqlalchemy").warning("cannot connect to postgresql://fs:hunter2@db/x")
    assert "Digest abc" not in stream.getvalue()
    assert "Expires: 60" in lines(stream)[0]["event"]
    assert lines(stream)[1]["event"] == f"cannot connect to postgresql://fs:{logs.MASK}@db/x"


def test_exceptions_come_with_traceback_and_without_local_variables(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    guess = "4711x"
    try:
        raise ValueError(len(guess))
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "test_logs.py" in stream.getvalue()
    assert "4711x" not in stream.getvalue()


def test_standard_library_logs_have_the_same_form(stream: io.StringIO) -> None:
    logs.configure("warning", stream=stream)
    logging.getLogger("alembic.x").info("not this")
    logging.getLogger("alembic.x").warning("version %s", 3)
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["level"]) == ("version 3", "alembic.x", "warning")


def test_console_form_is_for_people(stream: io.StringIO) -> None:
    logs.configure("info", "console", stream=stream)
    structlog.get_logger().info("login", user="2019", pin="4711x")
    assert "login" in stream.getvalue()
    assert "user=2019" in stream.getvalue()
    assert "4711x" not in stream.getvalue()


def test_configuring_again_replaces_the_first(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    logs.configure(stream=stream)
    structlog.get_logger().info("once")
    assert len(lines(stream)) == 1
