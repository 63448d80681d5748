"""The commands a person types."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import Controls, Sandbox
from sandbox.show import Printer, follow

HOME = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=HOME, capture_output=True, text=True, timeout=60,
        env={**os.environ, "COLUMNS": "160"},
    )  # fmt: skip


def send(sandbox: Any, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.devo["plain_port"])) as connection:
        connection.sendall(data)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_shows_its_screen_and_ends_on_a_signal(tmp_path: Path, number: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--dir", str(tmp_path / "new")],
        cwd=HOME, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    screen = ""
    while "sandbox.show" not in screen:
        line = process.stdout.readline()
        assert line, screen
        screen += line
    description = json.loads((tmp_path / "new" / "sandbox.json").read_text())
    for shown in (description["aws_url"], str(description["devo"]["port"]), "domain.crt"):
        assert shown in screen
    assert Controls.of_folder(tmp_path / "new").devo_stats()["listening"] is True
    process.send_signal(number)
    assert process.wait(10) == 0
    process.stdout.close()
    assert not (tmp_path / "new" / "sandbox.json").exists()


def test_the_sandbox_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, "--no-auth", "--lookup-rate=50")
    assert sandbox.description["signatures_are_checked"] is False
    assert sandbox.history()["settings"]["lookup_calls_per_second"] == 50
    sandbox.close()
    assert sandbox._process.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        sandbox.devo_stats()


def test_a_sandbox_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "certs").write_text("in the way")
    with pytest.raises(RuntimeError, match="certs"):
        Sandbox(tmp_path)


def test_everything_listens_on_loopback_only(sandbox: Any) -> None:
    pid = sandbox.description["pid"]
    sockets = {os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir() if f.is_symlink()}
    listening = 0
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                assert fields[1].startswith("0100007F:")
                listening += 1
    assert listening == 3 + 8


def test_secret_files_are_for_their_owner_only(sandbox: Any) -> None:
    for path in sandbox.certificates.values():
        assert Path(path).stat().st_mode & 0o077 == 0


def test_seeding_from_the_command_line(sandbox: Any) -> None:
    done = run("sandbox.seed", "--dir", str(sandbox.folder), "--count", "7", "--region",
               "us-east-1", "--region", "eu-west-1", "--end", "2026-01-31T12:00:00Z",
               "--late-fraction", "1")  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "7 events in us-east-1\n7 events in eu-west-1\n")
    regions = sandbox.history()["regions"]
    assert [(r["region"], r["events"], r["not_yet_visible"]) for r in regions] == [
        ("eu-west-1", 7, 7),
        ("us-east-1", 7, 7),
    ]


def test_a_command_without_a_sandbox_says_so(tmp_path: Path) -> None:
    done = run("sandbox.seed", "--dir", str(tmp_path))
    assert done.returncode == 1
    assert "no sandbox is running in" in done.stderr


def test_show_prints_records_as_a_table(sandbox: Any) -> None:
    event = {"eventName": "CreateBucket", "sourceIPAddress": "203.0.113.9", "userIdentity": {
        "type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/Deploy/alice"}}  # fmt: skip
    tag = "cloud.aws.cloudtrail.events.123456789012.us-east-1"
    # On one connection: two are read in no order.
    send(
        sandbox,
        f"<14>2026-01-31 12:00:00.123 h {tag}: {json.dumps(event)}\n".encode()
        + b"<14>2026-01-31 12:00:01.000 h my.app.a.b: hello \x1b[31mthere\nrubbish\n",
    )
    done = run("sandbox.show", "--dir", str(sandbox.folder), "--until", "3")
    assert done.returncode == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[:2] == [
        "TIME TAG EVENT WHO FROM",
        f"2026-01-31 12:00:00.123 {tag} CreateBucket Deploy/alice 203.0.113.9",
    ]
    assert lines[2].endswith("my.app.a.b hello ·[31mthere")
    assert lines[3] == "no header unknown.unknown rubbish"


def test_show_ends_after_its_time(sandbox: Any) -> None:
    done = run("sandbox.show", "--dir", str(sandbox.folder), "--seconds", "0.2")
    assert (done.returncode, done.stdout) == (0, "")
    done = run("sandbox.show", "--dir", str(sandbox.folder), "--seconds", "0.2", "--until", "1")
    assert done.returncode == 1


def test_follow_can_print_one_of_many(sandbox: Any) -> None:
    send(sandbox, b"".join(b"<14>2026-01-31 12:00:01.000 h a.b: %d\n" % n for n in range(10)))
    output = io.StringIO()
    assert follow(sandbox.control_url, until=10, every=5, output=output) == 10
    assert [line.split()[-1] for line in output.getvalue().splitlines()[1:]] == ["0", "5"]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("who", ["alice", "佐藤 花子" * 9, "مريم" * 20, "\u0007\u200b" * 50])
def test_a_line_is_never_wider_than_the_terminal(width: int, who: str) -> None:
    from sandbox.show import _cells

    event = {"eventName": "E" * 90, "sourceIPAddress": "2001:db8::" + "1" * 50,
             "userIdentity": {"type": "IAMUser", "userName": who}}  # fmt: skip
    record = {"time": "2026-01-31 12:00:00.123", "tag": "t." * 90, "message": json.dumps(event)}
    printer = Printer(width, color=False)
    for line in (printer.heading(), printer.line(record), printer.line({**record, "message": who})):
        assert _cells(line) <= max(width, 71)


def test_a_broken_tls_handshake_does_not_trouble_the_endpoint(sandbox: Any) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.devo["port"])) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.settimeout(20)
        while connection.recv(100):
            pass
    context = ssl.create_default_context(cafile=sandbox.certificates["chain"])
    context.load_cert_chain(sandbox.certificates["cert"], sandbox.certificates["key"])
    with socket.create_connection(("127.0.0.1", sandbox.devo["port"])) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as connection:
            connection.sendall(b"<14>2026-01-31 12:00:01.000 h a.b: still here\n")
    assert sandbox.wait_for_records(1)
    assert "HTTP_REQUEST" in sandbox.devo_stats()["problems"][0]["problem"]
