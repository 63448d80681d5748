"""docs/setup.md lists what the user of `aws-collector setup` must be allowed to do: all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What AWS asks for beside the calls themselves: the right to have logs sent.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
BESIDE = {"logs:CreateLogDelivery", "logs:DeleteLogDelivery",
          "cloudfront:AllowVendedLogDeliveryForResource"}  # fmt: skip
RENAMED = {"GetQueueAttributes"}  # calls whose names in the code are others
INFO = re.compile(r'\{&k(\w+),\s*"(\w+)"(?:,\s*[\d.]+,\s*"([^"]+)")?\}')


def services() -> dict[str, str]:
    text = (ROOT / "src/aws/service.h").read_text()
    return dict(re.findall(r'constexpr Service k(\w+)\{\s*"(\w+)"', text))


def permissions_of_calls() -> set[str]:
    """Of the operations that src/setup names."""
    setup = "".join(path.read_text() for path in (ROOT / "src/setup").glob("*.cc"))
    names = services()
    found = set()
    for header in (ROOT / "src/aws").glob("*/*.h"):
        for service, operation, permission in INFO.findall(header.read_text()):
            alias = operation.removesuffix("Configuration").removesuffix("V2")
            if re.search(rf"::({operation}|{alias})\b", setup) or operation in RENAMED:
                found.add(permission or f"{names[service]}:{operation}")
    return found


def documented() -> set[str]:
    text = (ROOT / "docs/setup.md").read_text()
    policy = json.loads(text.partition("```json\n")[2].partition("```")[0])
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_the_policy_allows_every_call_and_nothing_else() -> None:
    calls = permissions_of_calls()
    assert len(calls) > 40
    assert calls - documented() == set()
    assert documented() - calls == BESIDE
