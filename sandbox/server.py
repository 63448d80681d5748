"""Puts the sandbox together: the AWS side, the Devo endpoint, the controls, and sandbox.json.

Who: `__main__.py` makes one Server per process. Threads: `start` returns when everything listens;
moto goes on loading on a thread of its own, and the first AWS call waits for it.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
from pathlib import Path
from typing import Any

from . import accounts
from .aws_front import DEFAULT_ACCOUNT, AwsFront
from .calls import CallLog
from .certificates import DOMAIN, PASSPHRASE, make_certificates
from .cloudtrail import History
from .control import Control
from .devo_endpoint import Endpoint, Port
from .faults import Faults
from .http_server import HttpServer


class Server:
    """The sandbox in this process."""

    def __init__(self, folder: Path, *, check_signatures: bool = True) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "sandbox.json").unlink(missing_ok=True)  # of one that was killed
        self.history, self.faults, self.calls = History(), Faults(), CallLog()
        self.aws = AwsFront(self.history, self.faults, self.calls)
        self.aws.check_signatures = check_signatures
        self.certificates = make_certificates(self.folder / "certs")
        self._aws_http = HttpServer(self.aws.handle, "aws")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates["server_cert"], self.certificates["server_key"])
        self._aws_https = HttpServer(self.aws.handle, "aws-tls", context)
        self.endpoint = Endpoint(_ports(self.certificates))
        self.control = Control(self.aws, self.endpoint, self._aws_http)
        self._control_http = HttpServer(self.control.handle, "control")

    def start(self) -> dict[str, Any]:
        """Starts everything and writes sandbox.json; returns what it says."""
        threading.Thread(target=self.aws.load, name="load-moto", daemon=True).start()
        self._aws_http.start()
        self._aws_https.start()
        self._control_http.start()
        self.endpoint.start()
        description = self._describe()
        path = self.folder / "sandbox.json"
        unfinished = self.folder / f"sandbox.json.{os.getpid()}"
        unfinished.write_text(json.dumps(description, indent=2) + "\n")
        unfinished.replace(path)
        return description

    def stop(self) -> None:
        """Takes sandbox.json away and closes the ports."""
        (self.folder / "sandbox.json").unlink(missing_ok=True)
        self.endpoint.set_listening(False)

    def _describe(self) -> dict[str, Any]:
        ports = {f"{port.name}_port": port.number for port in self.endpoint.ports}
        return {
            "pid": os.getpid(),
            "aws_url": self._aws_http.url,
            "aws_https_url": self._aws_https.url,
            "control_url": self._control_http.url,
            "account": DEFAULT_ACCOUNT,
            "signatures_are_checked": self.aws.check_signatures,
            "credentials": {
                user.name: {
                    "access_key_id": user.access_key_id,
                    "secret_access_key": user.secret_access_key,
                }
                for user in accounts.USERS
            },
            "devo": {
                "address": "localhost",
                "port": ports.pop("tls_port"),
                **ports,
                "domain": DOMAIN,
                "passphrase": PASSPHRASE,
                "certificates": self.certificates,
            },
        }


def _ports(certificates: dict[str, str]) -> list[Port]:
    both = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    only_12 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    only_13 = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)

    def port(name: str, versions: Any, chain: str = "", server: str = "", level: int = 2) -> Port:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version, context.maximum_version = versions
        if level < 2:
            context.set_ciphers(f"DEFAULT:@SECLEVEL={level}")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates[f"{chain}chain"])
        context.load_cert_chain(
            certificates[f"{server}server_cert"], certificates[f"{server}server_key"]
        )
        return Port(name, context)

    return [
        port("tls", both),
        port("tls12", only_12),
        port("tls13", only_13),
        port("wrong_name", both, server="wrong_name_"),
        port("expired", both, server="expired_"),
        port("old_certificate", both, chain="old_", server="old_", level=0),
        port("weak_certificate", both, chain="weak_", server="weak_", level=1),
        Port("plain", None),
    ]
