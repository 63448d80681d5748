"""The bytes that aws-collector sends are those that Devo's own SDK sends for the same records.

Both send to one loopback server; host and time, which the SDK takes as given, are given to both.
Needs devo-sdk and the path of devo_send_tool (DEVO_SEND_TOOL).
"""

import datetime
import gzip
import json
import os
import random
import socket
import ssl
import subprocess
import threading

import pytest

devo_sender = pytest.importorskip("devo.sender")
x509 = pytest.importorskip("cryptography.x509")

from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.x509.oid import NameOID  # noqa: E402

HOST = "myhost"
TIME = "2023-06-02T08:31:15.123Z"
DATE = "2023-06-02 08:31:15.123"
TAG = "my.app.frame.oracle"


class Endpoint:
    """Mutual TLS on a loopback port; keeps the bytes of each connection."""

    def __init__(self, certificates):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
        context.load_verify_locations(certificates / "chain.crt")
        context.verify_mode = ssl.CERT_REQUIRED
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def receive(self, send):
        """What arrives on the one connection that `send` makes."""
        received = bytearray()

        def serve():
            connection, _ = self._listener.accept()
            connection.settimeout(60)
            with self._context.wrap_socket(connection, server_side=True) as tls:
                while data := tls.recv(65536):
                    received.extend(data)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            send()
        finally:
            thread.join(60)
        assert not thread.is_alive()
        return bytes(received)

    def close(self):
        self._listener.close()


def write_certificates(folder):
    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def issue(subject, key, issuer, issuer_key, authority):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]),
                           critical=False)
            .sign(issuer_key, hashes.SHA256())
        )

    ca_key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    (folder / "chain.crt").write_bytes(
        issue("CA", ca_key, "CA", ca_key, True).public_bytes(pem))
    for who in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / f"{who}.crt").write_bytes(
            issue(who, key, "CA", ca_key, False).public_bytes(pem))
        (folder / f"{who}.key").write_bytes(key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    write_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def endpoint(certificates):
    server = Endpoint(certificates)
    yield server
    server.close()


def send_with_sdk(endpoint, certificates, messages, multiline=False, zipped=False):
    config = devo_sender.SenderConfigSSL(
        address=("localhost", endpoint.port), key=str(certificates / "client.key"),
        cert=str(certificates / "client.crt"), chain=str(certificates / "chain.crt"))
    sender = devo_sender.Sender(config)
    for message in messages:
        sender.send(tag=TAG.encode(), msg=message.encode(), multiline=multiline, zip=zipped,
                    date=DATE.encode(), hostname=HOST.encode())
    if zipped:
        sender.flush_buffer()
    sender.close()


def send_with_tool(endpoint, certificates, messages, *more):
    tool = os.environ.get("DEVO_SEND_TOOL")
    if not tool:
        pytest.fail("name devo_send_tool with DEVO_SEND_TOOL")
    lines = "".join(json.dumps({"tag": TAG, "time": TIME, "message": message}) + "\n"
                    for message in messages)
    subprocess.run(
        [tool, "--address", "localhost", "--port", str(endpoint.port), "--host", HOST,
         "--chain", certificates / "chain.crt", "--cert", certificates / "client.crt",
         "--key", certificates / "client.key", *more],
        input=lines.encode(), check=True, timeout=60)


def assert_same(endpoint, certificates, messages, multiline=False):
    theirs = endpoint.receive(
        lambda: send_with_sdk(endpoint, certificates, messages, multiline=multiline))
    ours = endpoint.receive(lambda: send_with_tool(endpoint, certificates, messages))
    assert theirs, "the SDK sent nothing"
    assert ours == theirs


def one_line_messages():
    draw = random.Random(7)
    alphabet = "abc {}\":,\\<>\t\r\x00\x1b\x7f\u00e4\u20ac\U0001f600"
    messages = ['{"eventVersion":"1.08"}', "", "ends with a newline\n", "<14>looks like a frame",
                "48 looks like a count", "x" * 100_000, "\u00e4\u20ac\U0001f600", "a: b: c"]
    messages += ["".join(draw.choices(alphabet, k=draw.randrange(200))) for _ in range(300)]
    return messages


def test_one_line_records_are_the_sdks_bytes(endpoint, certificates):
    assert_same(endpoint, certificates, one_line_messages())


def test_records_of_several_lines_are_the_bytes_of_the_sdks_multiline_mode(endpoint, certificates):
    draw = random.Random(8)
    messages = ["l1\nl2", "l1\nl2\n", "\nafter an empty line", "two at the end\n\n",
                "\u20ac\n" * 1000]
    messages += ["\n".join("x" * draw.randrange(50) for _ in range(draw.randrange(2, 9))) + "."
                 for _ in range(200)]
    assert_same(endpoint, certificates, messages, multiline=True)


def test_gzip_members_hold_the_same_frames(endpoint, certificates):
    messages = one_line_messages()
    theirs = endpoint.receive(
        lambda: send_with_sdk(endpoint, certificates, messages, zipped=True))
    ours = endpoint.receive(
        lambda: send_with_tool(endpoint, certificates, messages, "--gzip-threshold", "-1"))
    assert theirs[:2] == ours[:2] == b"\x1f\x8b"
    assert gzip.decompress(ours) == gzip.decompress(theirs)
