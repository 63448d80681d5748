"""`python -m sandbox.seed --dir DIR`: puts audit events into the account of a running sandbox."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import ControlError, Controls


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.seed",
        description="Puts realistic CloudTrail events into the account of a running sandbox.",
    )
    parser.add_argument("--dir", type=Path, required=True, help="the sandbox's folder")
    parser.add_argument("--count", type=int, default=100, help="events per region (default 100)")
    parser.add_argument(
        "--region", action="append", metavar="REGION", help="may be repeated (default us-east-1)"
    )
    parser.add_argument("--account", help="another account than 123456789012")
    parser.add_argument("--start", help="time of the first, e.g. 2026-01-31T12:00:00Z")
    parser.add_argument("--end", help="time of the last (default: now; the start an hour before)")
    parser.add_argument("--late-fraction", type=float, default=0.0, metavar="0..1",
                        help="part of the events that become visible late")  # fmt: skip
    parser.add_argument("--late-seconds", type=float, default=900.0, metavar="S",
                        help="at most so late (default 900)")  # fmt: skip
    parser.add_argument("--seed", type=int, help="the same number makes the same events")
    arguments = parser.parse_args()
    how = {
        name: value
        for name in ("account", "start", "end", "late_fraction", "late_seconds", "seed")
        if (value := getattr(arguments, name)) is not None
    }
    try:
        controls = Controls.of_folder(arguments.dir, timeout_seconds=1.0)
        for region in arguments.region or ["us-east-1"]:
            ids = controls.generate_events(region, arguments.count, **how)
            print(f"{len(ids)} events in {region}")
    except (ControlError, OSError) as problem:
        print(f"sandbox.seed: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
