"""The certificates of the Devo endpoint and of its clients, good and bad, made at start.

Who: `server.py` calls `make_certificates`; the endpoint and the tests read the files.
Keys are EC P-256, which take a millisecond each; the old and the weak ones are RSA-1024.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOMAIN = "sandbox"
PASSPHRASE = "open sesame"
_NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
_LONG_AGO, _LONG = _NOW - datetime.timedelta(days=30), _NOW + datetime.timedelta(days=3650)


@dataclass
class _Issued:
    certificate: x509.Certificate | bytes  # bytes: DER that we signed ourselves
    key: Any

    def pem(self) -> bytes:
        if isinstance(self.certificate, bytes):
            import base64

            text = base64.encodebytes(self.certificate)
            return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, passphrase: str | None = None) -> bytes:
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase:
            encryption = serialization.BestAvailableEncryption(passphrase.encode())
        return bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
            )
        )


def _ec_key() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


def _small_rsa_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "aws-collector sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


class _Authority:
    """A certificate authority that issues server and client certificates."""

    def __init__(self, common_name: str, make_key: Any = _ec_key, sha1: bool = False) -> None:
        self._name, self._make_key, self._sha1 = _name(common_name), make_key, sha1
        self._key = make_key()
        self.own = self._issue(self._name, self._key, None, _LONG_AGO, _LONG, authority=True)

    def server(self, names: list[str], end: datetime.datetime = _LONG) -> _Issued:
        shown: list[x509.GeneralName] = []
        for name in names:
            try:
                shown.append(x509.IPAddress(ipaddress.ip_address(name)))
            except ValueError:
                shown.append(x509.DNSName(name))
        use = ExtendedKeyUsageOID.SERVER_AUTH
        return self._issue(_name(names[0]), self._make_key(), use, _LONG_AGO, end, shown)

    def client(self, common_name: str, end: datetime.datetime = _LONG) -> _Issued:
        use = ExtendedKeyUsageOID.CLIENT_AUTH
        return self._issue(_name(common_name), self._make_key(), use, _LONG_AGO, end)

    def _issue(
        self,
        subject: x509.Name,
        key: Any,
        use: x509.ObjectIdentifier | None,
        start: datetime.datetime,
        end: datetime.datetime,
        alternative_names: list[x509.GeneralName] | None = None,
        authority: bool = False,
    ) -> _Issued:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
            )
        )
        if use is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if alternative_names:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternative_names), False)
        certificate = builder.sign(self._key, hashes.SHA256())
        if self._sha1:
            return _Issued(_signed_with_sha1(certificate, self._key), key)
        return _Issued(certificate, key)


_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")
_SHA1_DIGEST_INFO = bytes.fromhex("3021300906052b0e03021a05000414")


def _signed_with_sha1(certificate: x509.Certificate, key: Any) -> bytes:
    """The certificate in DER, signed again with SHA-1, which the library rightly refuses to do.

    RFC 8017 section 9.2: the padded digest to the power of the private exponent.
    """
    import hashlib

    content = certificate.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    numbers = key.private_numbers()
    size = (numbers.public_numbers.n.bit_length() + 7) // 8
    digest = _SHA1_DIGEST_INFO + hashlib.sha1(content).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n)
    algorithm = _der(0x30, _SHA1_WITH_RSA + b"\x05\x00")
    bits = _der(0x03, b"\x00" + signature.to_bytes(size, "big"))
    return _der(0x30, content + algorithm + bits)


def _der(kind: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([kind, length]) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([kind, 0x80 | len(digits)]) + digits + content


def make_certificates(folder: Path) -> dict[str, str]:
    """Writes all certificates into `folder`; returns their paths by the names in sandbox.json."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: dict[str, str] = {}

    def write(name: str, file: str, data: bytes) -> None:
        path = folder / file
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            output.write(data)
        paths[name] = str(path)

    def write_pair(name: str, file: str, issued: _Issued) -> None:
        write(f"{name}cert", f"{file}.crt", issued.pem())
        write(f"{name}key", f"{file}.key", issued.key_pem())

    here = ["localhost", "127.0.0.1", "::1"]
    authority = _Authority("Sandbox CA")
    write("chain", "chain.crt", authority.own.pem())
    client = authority.client(DOMAIN)
    write_pair("", "domain", client)
    write("encrypted_key", "domain_encrypted.key", client.key_pem(PASSPHRASE))
    write_pair("server_", "server", authority.server(here))
    write_pair("wrong_name_server_", "wrong_name_server", authority.server(["devo.example"]))
    yesterday = _NOW - datetime.timedelta(days=1)
    write_pair("expired_server_", "expired_server", authority.server(here, end=yesterday))
    write_pair("expired_", "expired", authority.client(DOMAIN, end=yesterday))
    write("mismatched_key", "mismatched.key", authority.client(DOMAIN).key_pem())
    stranger = _Authority("Another CA")
    write("other_ca_chain", "other_ca_chain.crt", stranger.own.pem())
    write_pair("other_ca_", "other_ca", stranger.client(DOMAIN))
    for name, sha1 in (("old", True), ("weak", False)):
        old = _Authority(f"Sandbox {name} CA", _small_rsa_key, sha1)
        write(f"{name}_chain", f"{name}_chain.crt", old.own.pem())
        write_pair(f"{name}_", f"{name}_domain", old.client(DOMAIN))
        write_pair(f"{name}_server_", f"{name}_server", old.server(here))
    return paths
