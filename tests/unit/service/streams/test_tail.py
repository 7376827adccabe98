"""The newest events in memory: all of those that follow a number, or none."""

from __future__ import annotations

from trivet_service.streams.event import Event
from trivet_service.streams.frames import in_pieces, show_event
from trivet_service.streams.tail import MAX_EVENTS, Tail
from trivet_service.testing_streams import read_frames


def event(sequence: int, *, size: int = 0) -> Event:
    return Event(sequence, "notes", "note.made", "", 0.0, "", '{"x":"' + "y" * size + '"}')


def numbers(events) -> list[int]:
    return [one.sequence for one in events]


def test_it_gives_what_follows_and_nothing_where_some_of_it_is_gone():
    woken = []
    tail = Tail(10)
    tail.followers.add(lambda: woken.append(1))
    assert tail.after(10) == []
    assert tail.after(9) is None
    tail.extend([event(11), event(12)])
    assert numbers(tail.after(10)) == [11, 12]
    assert numbers(tail.after(11)) == [12]
    assert tail.after(15) == [], "a reader who knows more than there is"
    tail.extend([event(11), event(12), event(13)])
    assert numbers(tail.after(10)) == [11, 12, 13], "what it has seen does not come again"
    assert len(woken) == 2


def test_where_more_came_at_once_than_is_kept_the_rest_is_read_elsewhere():
    tail = Tail(0)
    tail.extend([event(number) for number in range(1000, 1005)])
    assert tail.after(0) is None
    assert numbers(tail.after(999)) == [1000, 1001, 1002, 1003, 1004]


def test_it_keeps_a_bounded_number_of_events_and_of_bytes():
    tail = Tail(0)
    tail.extend([event(number) for number in range(1, 2 * MAX_EVENTS)])
    assert tail.after(MAX_EVENTS - 2) is None
    assert len(tail.after(MAX_EVENTS - 1)) == MAX_EVENTS
    tail.extend([event(2 * MAX_EVENTS + number, size=60_000) for number in range(40)])
    assert tail.after(2 * MAX_EVENTS) is None
    assert len(tail.after(2 * MAX_EVENTS + 30)) == 9


def test_frames_are_put_into_pieces_that_read_as_they_were():
    events = [event(number, size=10_000) for number in range(1, 9)]
    pieces = list(in_pieces(map(show_event, events)))
    assert [piece.count(b"event:") for piece in pieces] == [3, 3, 2]
    assert max(map(len, pieces)) < 33_000
    text = b"".join(pieces).decode()
    assert [frame.id for frame in read_frames(text.split("\n"))] == [str(number) for number in range(1, 9)]
