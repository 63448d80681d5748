"""The Devo endpoint: as Devo's own SDK sees it, and as a plain TLS client sees its moods."""

from __future__ import annotations

import gzip
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from devo.sender import Sender, SenderConfigSSL, SenderConfigTCP

HEAD = "<14>2023-06-02 08:31:15.123 h my.app.a.b: "
Connect = Callable[..., ssl.SSLSocket]


def frame(text: str) -> bytes:
    return f"{HEAD}{text}\n".encode()


@pytest.fixture
def connect(sandbox: Any) -> Iterator[Connect]:
    """connect(port="port", client="", chain="chain", level=2): a TLS client with a certificate."""
    opened: list[socket.socket] = []

    def open_connection(
        port: str = "port",
        client: str | None = "",
        chain: str = "chain",
        level: int = 2,
        check_name: bool = True,
        receive_buffer: int = 0,
    ) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=sandbox.certificates[chain])
        context.check_hostname = check_name
        if level != 2:
            context.set_ciphers(f"DEFAULT:@SECLEVEL={level}")
        if client is not None:
            files = sandbox.certificates
            context.load_cert_chain(files[f"{client}cert"], files[f"{client}key"])
        raw = socket.create_connection(("127.0.0.1", sandbox.devo[port]), timeout=20)
        opened.append(raw)
        wrapped = context.wrap_socket(raw, server_hostname="localhost")
        opened.append(wrapped)
        return wrapped

    yield open_connection
    for connection in opened:
        connection.close()


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def is_reset(connection: socket.socket) -> bool:
    """Waits for the end: whether it is a reset. Asks the kernel, as Python's ssl hides it."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    assert poll.poll(20_000), "the connection does not end"
    ((_, events),) = poll.poll(0)
    return bool(events & select.POLLERR)


# Devo's SDK


def sdk(sandbox: Any, **more: Any) -> Sender:
    files = sandbox.certificates
    return Sender(
        SenderConfigSSL(
            address=("localhost", sandbox.devo["port"]), key=files["key"], cert=files["cert"],
            chain=files["chain"], **more,
        )
    )  # fmt: skip


def test_the_sdk_sends_newline_octet_counted_and_zipped_frames(sandbox: Any) -> None:
    sender = sdk(sandbox)
    given = {"date": "2023-06-02 08:31:15.123", "hostname": "h"}
    sender.send("my.app.a.b", "plain: é", **given)
    sender.send("my.app.a.b", "l1\nl2", multiline=True, **given)
    for n in range(3):
        sender.send(b"my.app.a.b", b"zip %d" % n, zip=True, date=b"2023-06-02 08:31:15.123")
    sender.flush_buffer()
    assert sandbox.wait_for_records(5)
    sender.close()
    shown = [(r["framing"], r["message"]) for r in sandbox.records()]
    assert shown == [
        ("newline", "plain: é"),
        ("octet", "l1\nl2"),
        ("gzip", "zip 0"),
        ("gzip", "zip 1"),
        ("gzip", "zip 2"),
    ]
    (first, *_) = sandbox.records()
    assert abs(first.pop("received_at") - time.time()) < 30
    assert first == {
        "n": first["n"], "connection": first["connection"], "pri": 14, "host": "h",
        "time": "2023-06-02 08:31:15.123", "tag": "my.app.a.b", "message": "plain: é",
        "malformed": False, "framing": "newline",
    }  # fmt: skip


def test_the_sdk_reaches_the_plain_port(sandbox: Any) -> None:
    sender = Sender(SenderConfigTCP(address=("127.0.0.1", sandbox.devo["plain_port"])))
    sender.send("my.app.a.b", "in the clear")
    sender.close()
    assert sandbox.wait_for_records(1)
    assert sandbox.records()[0]["message"] == "in the clear"


def test_statistics_tell_tags_duplicates_and_the_malformed(sandbox: Any, connect: Connect) -> None:
    connection = connect()
    connection.sendall(frame("a") + frame("b") + frame("a") + b"nonsense\n")
    connection.sendall(f"{HEAD.replace('my.app', 'my.other')}a\n".encode())
    assert sandbox.wait_for_records(5)
    stats = sandbox.devo_stats()
    assert stats["by_tag"] == {"my.app.a.b": 3, "my.other.a.b": 1, "unknown.unknown": 1}
    assert (stats["duplicates"], stats["malformed"], stats["records"]) == (1, 1, 5)
    assert stats["bytes"] == 3 * len(frame("a")) + len(frame("a")) + 2 + 9


def test_a_frame_cut_by_the_end_of_its_connection_is_no_record(
    sandbox: Any, connect: Connect
) -> None:
    for rest in (frame("cut")[:-1], b"90 " + frame("cut"), gzip.compress(frame("cut"))[:-3]):
        connection = connect()
        connection.sendall(frame("whole") + rest)
        connection.close()
    wait_until(lambda: sandbox.devo_stats()["closed_by_peer"] == 3)
    stats = sandbox.devo_stats()
    assert (stats["records"], stats["cut"]) == (3, 3)
    assert {r["message"] for r in sandbox.records()} == {"whole"}


def test_forgetting_goes_on_with_the_numbers(sandbox: Any, connect: Connect) -> None:
    connection = connect()
    connection.sendall(frame("one"))
    assert sandbox.wait_for_records(1)
    (one,) = sandbox.records()
    sandbox.forget_records()
    assert (sandbox.records(), sandbox.devo_stats()["records"]) == ([], 0)
    threading.Timer(0.2, connection.sendall, (frame("two"),)).start()
    (two,) = sandbox.records(wait_seconds=20)
    assert (two["n"], two["message"]) == (one["n"] + 1, "two")


def test_records_come_in_pages(sandbox: Any, connect: Connect) -> None:
    connect().sendall(b"".join(frame(str(n)) for n in range(25)))
    assert sandbox.wait_for_records(25)
    first = sandbox.records(limit=10)
    second = sandbox.records(since=first[-1]["n"], limit=10)
    assert [r["message"] for r in first + second] == [str(n) for n in range(20)]
    assert len(sandbox.all_records()) == 25


# Certificates


@pytest.mark.parametrize(
    ("port", "version"),
    [("port", "TLSv1.3"), ("tls12_port", "TLSv1.2"), ("tls13_port", "TLSv1.3")],
)
def test_a_good_certificate_is_accepted(
    sandbox: Any, connect: Connect, port: str, version: str
) -> None:
    connection = connect(port)
    assert connection.version() == version
    connection.sendall(frame("x"))
    assert sandbox.wait_for_records(1)
    (shown,) = sandbox.devo_stats()["open_connections"]
    assert (shown["client"], shown["tls"]) == ("sandbox", version)


@pytest.mark.parametrize("port", ["tls12_port", "tls13_port"])
@pytest.mark.parametrize(
    ("client", "alert", "problem"),
    [
        (None, "required|handshake failure", "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
        ("expired_", "expired", "certificate has expired"),
        ("other_ca_", "unknown ca", "unable to get local issuer certificate"),
    ],
)
def test_a_bad_client_certificate_is_refused_with_an_alert(
    sandbox: Any, connect: Connect, port: str, client: str | None, alert: str, problem: str
) -> None:
    with pytest.raises(ssl.SSLError, match=alert):
        connection = connect(port, client)
        connection.sendall(frame("x"))
        connection.recv(1)
    wait_until(lambda: sandbox.devo_stats()["failed_handshakes"] == 1)
    assert problem in sandbox.devo_stats()["problems"][0]["problem"]
    assert sandbox.records() == []


def test_the_mismatched_key_does_not_fit_the_certificate(sandbox: Any) -> None:
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLError, match="KEY_VALUES_MISMATCH"):
        files = sandbox.certificates
        context.load_cert_chain(files["cert"], files["mismatched_key"])


def test_the_encrypted_key_opens_with_the_passphrase_only(sandbox: Any) -> None:
    files = sandbox.certificates
    context = ssl.create_default_context()
    context.load_cert_chain(files["cert"], files["encrypted_key"], sandbox.devo["passphrase"])
    with pytest.raises(ssl.SSLError):
        context.load_cert_chain(files["cert"], files["encrypted_key"], "guess")


@pytest.mark.parametrize(
    ("port", "problem"),
    [("wrong_name_port", "Hostname mismatch"), ("expired_port", "certificate has expired")],
)
def test_a_bad_server_certificate_is_noticed_by_a_careful_client(
    connect: Connect, port: str, problem: str
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=problem):
        connect(port)


def test_the_wrong_name_is_all_that_is_wrong_with_it(sandbox: Any, connect: Connect) -> None:
    connect("wrong_name_port", check_name=False).sendall(frame("x"))
    assert sandbox.wait_for_records(1)


@pytest.mark.parametrize(("name", "enough", "too_strict"), [("old", 0, 1), ("weak", 1, 2)])
def test_old_certificates_need_a_lower_security_level(
    sandbox: Any, connect: Connect, name: str, enough: int, too_strict: int
) -> None:
    given = {"client": f"{name}_", "chain": f"{name}_chain"}
    with pytest.raises(ssl.SSLError):
        connect(f"{name}_certificate_port", level=too_strict, **given)
    connect(f"{name}_certificate_port", level=enough, **given).sendall(frame("x"))
    assert sandbox.wait_for_records(1)


# Moods


def test_a_stalled_endpoint_reads_nothing_until_it_is_let_go(
    sandbox: Any, connect: Connect
) -> None:
    """D-8"""
    sandbox.devo_mode(stall=True, receive_buffer_bytes=16_384)
    connection = connect()
    connection.settimeout(0.5)
    data = b"".join(frame(f"{n} " + "x" * 1000) for n in range(10_000))
    with pytest.raises(TimeoutError):  # the kernels' buffers are full
        connection.sendall(data)
    assert sandbox.devo_stats()["bytes"] == 0
    sandbox.stall(False)
    assert sandbox.records(wait_seconds=20)[0]["message"].startswith("0 ")


@pytest.mark.parametrize("port", ["port", "plain_port"])
def test_a_reset_is_a_reset_and_counts_what_nobody_read(
    sandbox: Any, connect: Connect, port: str
) -> None:
    """D-1: what the kernel acknowledged and nobody read is lost."""
    sandbox.stall()
    if port == "port":
        connection: socket.socket = connect()
    else:
        connection = socket.create_connection(("127.0.0.1", sandbox.devo[port]), timeout=20)
    wait_until(lambda: len(sandbox.devo_stats()["open_connections"]) == 1)
    connection.sendall(frame("lost"))
    wait_until(lambda: unacknowledged(connection) == 0)
    sandbox.reset_connections()
    assert is_reset(connection)
    stats = sandbox.devo_stats()
    assert stats["unread_at_reset"] >= len(frame("lost"))
    assert (stats["closed_by_reset"], stats["records"]) == (1, 0)
    connection.close()


def unacknowledged(connection: socket.socket) -> int:
    """Bytes that the peer's TCP has not acknowledged (SIOCOUTQ)."""
    import fcntl
    import struct

    return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), 0x5411, b"\0" * 4))[0])


def test_a_reset_may_read_first_what_was_acknowledged(sandbox: Any, connect: Connect) -> None:
    sandbox.stall()
    connection = connect()
    connection.sendall(b"".join(frame(str(n)) for n in range(500)))
    wait_until(lambda: unacknowledged(connection) == 0)
    assert sandbox.devo_stats()["records"] == 0
    sandbox.reset_connections(drain=True)
    assert is_reset(connection)
    stats = sandbox.devo_stats()
    assert (stats["records"], stats["unread_at_reset"]) == (500, 0)


def test_a_connection_is_reset_after_so_many_bytes(sandbox: Any, connect: Connect) -> None:
    sandbox.devo_mode(reset_after_bytes=1_000)
    connection = connect()
    with pytest.raises((OSError, ssl.SSLError)):
        for n in range(100_000):
            connection.sendall(frame(str(n)))
    wait_until(lambda: sandbox.devo_stats()["closed_by_reset"] == 1)
    stats = sandbox.devo_stats()
    assert (stats["bytes"], stats["mode"]["reset_after_bytes"]) == (1_000, 0)
    assert stats["records"] == 1_000 // len(frame("1"))
    again = connect()  # once was enough
    again.sendall(b"".join(frame(str(n)) for n in range(100)))
    assert sandbox.wait_for_records(stats["records"] + 100)


def test_every_connection_is_reset_when_always_is_set(sandbox: Any, connect: Connect) -> None:
    sandbox.devo_mode(reset_after_bytes=100, reset_after_bytes_always=True)
    for _ in range(3):
        connection = connect()
        connection.sendall(frame("x" * 200))
        assert is_reset(connection)
    assert sandbox.devo_stats()["bytes"] == 300


def test_an_idle_connection_is_closed_and_a_busy_one_is_not(sandbox: Any, connect: Connect) -> None:
    sandbox.devo_mode(idle_close_seconds=0.8)
    connection = connect()
    for n in range(10):
        connection.sendall(frame(str(n)))
        time.sleep(0.1)  # shorter than the limit, longer in sum: it is the subject of the test
    assert not is_reset(connection)
    wait_until(lambda: sandbox.devo_stats()["closed_idle"] == 1)  # counted once it is closed
    assert sandbox.devo_stats()["records"] == 10


def test_a_half_close_ends_one_direction_only(sandbox: Any, connect: Connect) -> None:
    connection = connect()
    connection.sendall(frame("before"))
    sandbox.half_close()
    assert connection.recv(1) == b""
    connection.sendall(frame("after"))
    assert sandbox.wait_for_records(2)
    assert sandbox.devo_stats()["open_connections"][0]["half_closed"] is True


def test_a_clean_close_reads_to_the_peers_end(sandbox: Any, connect: Connect) -> None:
    sandbox.stall()
    connection = connect("tls12_port")
    connection.sendall(frame("in flight"))
    sandbox.stall(False)
    closing = threading.Thread(target=sandbox.close_clean)
    closing.start()
    assert connection.recv(1) == b""
    connection.unwrap().close()
    closing.join(20)
    stats = sandbox.devo_stats()
    assert (stats["records"], stats["open_connections"]) == (1, [])


def test_a_clients_farewell_is_answered(sandbox: Any, connect: Connect) -> None:
    connection = connect()
    connection.sendall(frame("x"))
    raw = connection.unwrap()  # returns when the endpoint's close_notify has come
    assert raw.recv(1) == b""
    assert sandbox.wait_for_records(1)
    wait_until(lambda: sandbox.devo_stats()["closed_by_peer"] == 1)


def test_a_restart_resets_and_comes_back_on_the_same_ports(sandbox: Any, connect: Connect) -> None:
    connection = connect()
    sandbox.restart_devo(1.0)
    assert is_reset(connection)
    with pytest.raises(ConnectionRefusedError):
        connect()
    wait_until(lambda: sandbox.devo_stats()["listening"])
    connect().sendall(frame("back"))
    assert sandbox.wait_for_records(1)


def test_an_endpoint_can_stay_away_until_it_is_called(sandbox: Any, connect: Connect) -> None:
    sandbox.set_devo_listening(False)
    for port in ("port", "plain_port"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", sandbox.devo[port]))
    sandbox.set_devo_listening(True)
    connect().sendall(frame("x"))
    assert sandbox.wait_for_records(1)


def test_a_slow_endpoint_reads_no_faster_than_told(sandbox: Any, connect: Connect) -> None:
    sandbox.devo_mode(slow_bytes_per_second=100_000)
    connection = connect()
    began = time.monotonic()
    connection.sendall(b"".join(frame("x" * 958) for _ in range(60)))
    assert sandbox.wait_for_records(60)
    size = 60 * len(frame("x" * 958))
    assert time.monotonic() - began >= (size - 10_000) / 100_000


def test_data_is_taken_from_many_connections_at_once(sandbox: Any, connect: Connect) -> None:
    connections = [connect() for _ in range(20)]
    for round in range(10):
        for number, connection in enumerate(connections):
            connection.sendall(frame(f"{number}.{round}"))
    assert sandbox.wait_for_records(200)
    stats = sandbox.devo_stats()
    assert (stats["connections"], stats["duplicates"], stats["malformed"]) == (20, 0, 0)
    for connection in connections:
        assert select.select([connection], [], [], 0)[0] in ([], [connection])


def test_a_wrong_mode_is_refused_with_a_sentence(sandbox: Any) -> None:
    from sandbox import ControlError

    with pytest.raises(ControlError, match="no mode 'stal'"):
        sandbox.devo_mode(stal=True)
    with pytest.raises(ControlError, match="'stall' should be a bool"):
        sandbox.devo_mode(stall="yes")
    with pytest.raises(ControlError, match="reset is an order"):
        sandbox.devo_mode(reset=False)
