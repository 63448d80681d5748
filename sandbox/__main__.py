"""`python -m sandbox --dir DIR`: runs the sandbox until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

_SCREEN = """\
The sandbox is running (process {pid}). End it with Ctrl-C.

  AWS         {aws_url}   account {account}, signatures are {checked}
  Devo        {address}:{port}   mutual TLS
              {ports}
  controls    {control_url}/_sandbox/...   see sandbox/README.md
  all of it   {folder}/sandbox.json

To point a collector at it, in the environment:

  AWS_ENDPOINT_URL={aws_url}

and in its configuration:

  inputs:
    sandbox:
      credentials:
        access_key: {key}
        access_secret: {secret}
  outputs:
    devo:
      type: devo_platform
      config:
        address: {address}
        port: {port}
        chain: {chain}
        cert: {cert}
        key: {client_key}

Put events into the account, and watch records arrive:

  {python} -m sandbox.seed --dir {folder} --count 1000 --region us-east-1
  {python} -m sandbox.show --dir {folder}
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="An AWS account and a Devo endpoint in a process, on loopback, on free ports.",
    )
    parser.add_argument(
        "--dir", type=Path, required=True, help="folder for sandbox.json and certs/"
    )
    parser.add_argument("--json", action="store_true", help="print sandbox.json, not the screen")
    parser.add_argument("--no-auth", action="store_true", help="do not check signatures")
    parser.add_argument(
        "--lookup-rate", type=float, default=2.0, metavar="N",
        help="LookupEvents calls a second per account and region (AWS: 2; 0: no limit)",
    )  # fmt: skip
    parser.add_argument("--follow", action="store_true", help="print records as they arrive")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when stdin is closed")
    return parser.parse_args()


def _screen(description: dict[str, Any], folder: Path) -> str:
    devo = description["devo"]
    others = [f"{k.removesuffix('_port')} {v}" for k, v in devo.items() if k.endswith("_port")]
    lines = textwrap.wrap("also: " + ", ".join(others), 80)
    collector = description["credentials"]["collector"]
    return _SCREEN.format(
        pid=description["pid"], aws_url=description["aws_url"], account=description["account"],
        checked="checked" if description["signatures_are_checked"] else "not checked",
        address=devo["address"], port=devo["port"], ports="\n              ".join(lines),
        control_url=description["control_url"], folder=folder,
        key=collector["access_key_id"], secret=collector["secret_access_key"],
        chain=devo["certificates"]["chain"], cert=devo["certificates"]["cert"],
        client_key=devo["certificates"]["key"], python=sys.executable,
    )  # fmt: skip


def main() -> int:
    arguments = _arguments()
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        from .server import Server
    except ModuleNotFoundError as missing:
        print(f"sandbox: {missing}: pip install -r sandbox/requirements.txt", file=sys.stderr)
        return 2
    server = Server(arguments.dir, check_signatures=not arguments.no_auth)
    server.history.settings.lookup_calls_per_second = arguments.lookup_rate
    description = server.start()
    print(
        json.dumps(description) if arguments.json else _screen(description, server.folder),
        flush=True,
    )
    if arguments.end_with_stdin:
        threading.Thread(target=_wait_for_stdin, args=(ending,), daemon=True).start()
    if arguments.follow:
        from .show import follow

        threading.Thread(
            target=follow, args=(description["control_url"],), daemon=True, name="follow"
        ).start()
    while not ending.wait(3600):
        pass
    server.stop()
    sys.stdout.flush()
    os._exit(0)  # threads may be asleep in a slow answer; nothing here is worth waiting for


def _wait_for_stdin(ending: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    ending.set()


if __name__ == "__main__":
    sys.exit(main())
