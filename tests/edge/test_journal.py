"""Reading the journal: nothing twice, nothing left out, no half lines (docs/switch-contract.md)."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from freeseat.edge.switch.journal import CallEnded, CallRang, JournalReader, Position, Unbound, parse

HOUR = 3600


def _line(number: int) -> str:
    return json.dumps({"t": "ringing", "at": float(number), "id": str(number), "phone": "ü"}) + "\n"


def _append(directory: Path, hour: int, text: str) -> None:
    with (directory / f"journal-{hour}.jsonl").open("a") as file:
        file.write(text)


def test_reads_on_from_the_position_over_files(tmp_path: Path) -> None:
    reader = JournalReader(tmp_path)
    assert reader.read(Position(), 0).lines == ()
    _append(tmp_path, 10, _line(1) + _line(2))
    _append(tmp_path, 12, _line(3))
    first = reader.read(Position(), 11 * HOUR + 10)
    assert first.lines == (CallRang(1.0, "1", "ü"), CallRang(2.0, "2", "ü"))
    second = reader.read(first.position, 11 * HOUR + 10)
    assert second.lines == (CallRang(3.0, "3", "ü"),)
    assert reader.read(second.position, 12 * HOUR).position == second.position


def test_next_file_waits_until_the_hour_is_over(tmp_path: Path) -> None:
    """A writer may still be a moment late with a line of the old hour."""
    _append(tmp_path, 10, _line(1))
    _append(tmp_path, 11, _line(3))
    reader = JournalReader(tmp_path)
    first = reader.read(Position(), 11 * HOUR + 1)
    assert reader.read(first.position, 11 * HOUR + 1).lines == ()
    _append(tmp_path, 10, _line(2))
    late = reader.read(first.position, 11 * HOUR + 1)
    assert [line.at for line in late.lines] == [2.0]
    assert [line.at for line in reader.read(late.position, 11 * HOUR + 6).lines] == [3.0]


def test_half_a_line_is_left_for_later(tmp_path: Path) -> None:
    text = _line(1)
    _append(tmp_path, 10, text + text[:20])
    reader = JournalReader(tmp_path)
    first = reader.read(Position(), 0)
    assert len(first.lines) == 1
    assert reader.read(first.position, 0).position == first.position
    _append(tmp_path, 10, text[20:])
    assert len(reader.read(first.position, 0).lines) == 1


def test_lines_that_make_no_sense_are_counted_and_passed_over(tmp_path: Path) -> None:
    _append(tmp_path, 10, 'nonsense\n{"t": "new kind"}\n{"t": "end"}\n' + _line(1))
    batch = JournalReader(tmp_path).read(Position(), 0)
    assert (len(batch.lines), batch.unreadable) == (1, 3)


def test_consumed_files_are_deleted_and_current_ones_kept(tmp_path: Path) -> None:
    for hour in (10, 11, 12):
        _append(tmp_path, hour, _line(hour))
    reader = JournalReader(tmp_path)
    size = (tmp_path / "journal-11.jsonl").stat().st_size
    assert reader.delete_consumed(Position(11, size - 1), 13 * HOUR) == [tmp_path / "journal-10.jsonl"]
    assert reader.delete_consumed(Position(11, size), 12 * HOUR) == [], "its hour is not over for long enough"
    assert reader.delete_consumed(Position(11, size), 13 * HOUR) == [tmp_path / "journal-11.jsonl"]
    assert [path.name for path in tmp_path.iterdir()] == ["journal-12.jsonl"]


def test_further_fields_of_a_later_version_do_not_hurt() -> None:
    unbind = b'{"t": "unbind", "at": 1.5, "aor": "1", "contact": "sip:1@x", "why": "expired", "node": "a"}'
    assert parse(unbind) == Unbound(1.5, "1", "sip:1@x", "expired")
    end = b'{"t": "end", "at": 1, "id": "a", "code": 200, "cause": "normal", "by": "caller"}'
    assert parse(end) == CallEnded(1, "a", 200, "normal", "caller")


@given(cuts=st.lists(st.integers(1, 400), max_size=20), lines=st.integers(1, 30))
def test_however_it_is_written_every_line_is_read_once(tmp_path_factory: object, cuts: list[int], lines: int) -> None:
    directory = tmp_path_factory.mktemp("journal")  # type: ignore[attr-defined]
    text = "".join(_line(number) for number in range(lines))
    reader, position, seen = JournalReader(directory), Position(), list[float]()
    at = 0
    for cut in [*cuts, len(text)]:
        _append(directory, 10, text[at : at + cut])
        at += cut
        batch = reader.read(position, 0)
        position = batch.position
        seen += [line.at for line in batch.lines]
    assert seen == [float(number) for number in range(lines)]
