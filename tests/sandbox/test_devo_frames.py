"""The framing of the Devo endpoint, without sockets."""

from __future__ import annotations

import gzip
import random
from typing import Any

import pytest

from sandbox.devo_frames import Frame, Frames, parse

HEAD = b"<14>2023-06-02 08:31:15.123 h my.app.a.b: "


def octet(data: bytes) -> bytes:
    return b"%d %s" % (len(data), data)


def feed(frames: Frames, stream: bytes, step: int) -> list[Frame]:
    found: list[Frame] = []
    for position in range(0, len(stream), step):
        found += frames.feed(stream[position : position + step])
    return found


def mixed() -> tuple[bytes, list[Frame]]:
    plain, two_lines = HEAD + b"one", HEAD + b"l1\nl2\n3 x\n<14>"
    member = gzip.compress(HEAD + b"z1\n" + octet(HEAD + b"z\n2\n") + HEAD + b"z3\n")
    stream = (
        plain + b"\n" + octet(two_lines + b"\n") + member + plain + b"\n" + member + member
        + octet(HEAD + b"\n") + plain + b"\n"
    )  # fmt: skip
    in_member = [Frame("gzip", HEAD + m) for m in (b"z1", b"z\n2", b"z3")]
    one, two = Frame("newline", plain), Frame("octet", two_lines)
    return stream, [one, two, *in_member, one, *in_member, *in_member, Frame("octet", HEAD), one]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 10_000])
def test_framings_alternate_however_the_stream_is_cut_into_reads(step: int) -> None:
    stream, expected = mixed()
    frames = Frames()
    assert feed(frames, stream, step) == expected
    assert (frames.cut, frames.malformed, frames.members) == (False, 0, 3)


def test_any_cut_of_the_stream_is_noticed_unless_it_is_between_frames() -> None:
    stream, expected = mixed()
    whole = set()
    for end in range(len(stream) + 1):
        frames = Frames()
        found = frames.feed(stream[:end])
        assert found == expected[: len(found)]
        if not frames.cut:
            whole.add(end)
    assert len(whole) == 9  # the start and the ends of eight things sent


def test_bytes_are_kept_as_they_are() -> None:
    noise = bytes(range(256)) * 3
    frames = Frames()
    assert frames.feed(octet(HEAD + noise + b"\n")) == [Frame("octet", HEAD + noise)]


def test_a_frame_that_begins_with_a_digit_but_has_no_count_is_a_line() -> None:
    frames = Frames()
    assert feed(frames, b"2023 was a year\n7\n" + HEAD + b"x\n", 1) == [
        Frame("newline", b"2023 was a year"),
        Frame("newline", b"7"),
        Frame("newline", HEAD + b"x"),
    ]


def test_an_octet_count_without_a_final_newline_is_malformed() -> None:
    frames = Frames()
    assert frames.feed(octet(HEAD + b"x") + HEAD + b"y\n") == [
        Frame("octet", HEAD + b"x"),
        Frame("newline", HEAD + b"y"),
    ]
    assert frames.malformed == 1


def test_a_member_that_ends_within_a_frame_is_malformed() -> None:
    frames = Frames()
    frames.feed(gzip.compress(HEAD + b"a\n" + HEAD + b"no end"))
    assert frames.malformed == 1 and not frames.cut


def test_a_broken_member_is_malformed() -> None:
    member = bytearray(gzip.compress(HEAD + random.Random(1).randbytes(500) + b"\n"))
    member[100] ^= 0xFF
    frames = Frames()
    frames.feed(bytes(member))
    assert frames.malformed == 1


def test_a_big_frame_in_small_reads_arrives_whole() -> None:
    data = HEAD + b"x" * 1_000_000
    frames = Frames()
    assert feed(frames, data + b"\n", 16_384) == [Frame("newline", data)]


def test_a_record_is_taken_apart() -> None:
    tag = "cloud.aws.cloudtrail.events.123456789012.us-east-1"
    frame = f"<14>2023-06-02 08:31:15.123 my-host {tag}: " + '{"a":"b: c"}'
    assert parse(frame.encode()) == {
        "pri": 14,
        "time": "2023-06-02 08:31:15.123",
        "host": "my-host",
        "tag": tag,
        "message": '{"a":"b: c"}',
        "malformed": False,
    }


def test_a_message_that_is_not_utf_8_is_shown_in_base64() -> None:
    assert parse(HEAD + b"\xff\xfe")["message_base64"] == "//4="


@pytest.mark.parametrize(
    "frame",
    [b"", b"no header", b"<14>now h t: m", b"<14>2023-06-02 08:31:15.123 h tag-without-colon m",
     b"<14>2023-06-02T08:31:15.123Z h t: m", b"<999>2023-06-02 08:31:15.123 h t: m"],
)  # fmt: skip
def test_a_frame_without_a_good_header_is_malformed(frame: bytes) -> None:
    parts: dict[str, Any] = parse(frame)
    assert parts["malformed"] is True
