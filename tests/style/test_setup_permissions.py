"""docs/setup.md lists what the user of `aws-collector setup` must be allowed to do: all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# What AWS asks for beside the calls themselves: the right to have logs sent.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
BESIDE = {"logs:CreateLogDelivery", "logs:DeleteLogDelivery",
          "cloudfront:AllowVendedLogDeliveryForResource"}  # fmt: skip
# Calls that ask for another permission than the one of their name, beside it: tags that come with
# the making. Each is a call of its own here as well, so that it is in the policy anyhow.
WITH_TAGS = {"sqs:CreateQueue": "sqs:TagQueue", "events:PutRule": "events:TagResource",
             "ec2:CreateFlowLogs": "ec2:CreateTags", "logs:CreateDelivery": "logs:TagResource",
             "logs:PutDeliverySource": "logs:TagResource",
             "logs:PutDeliveryDestination": "logs:TagResource"}  # fmt: skip
INFO = r'\{+&k(\w+),\s*"(\w+)"(?:,\s*[\d.]+(?:,\s*"([^"]+)")?)?\}'
CONSTANT = re.compile(r"constexpr \w+ (k\w+)\{?\s*" + INFO)
ALIAS = re.compile(r"using (\w+) = \w+<(k\w+)>;")
STRUCT = re.compile(r"struct (\w+) \{(?:(?!\nstruct ).)*?kInfo" + INFO, re.DOTALL)


def services() -> dict[str, str]:
    text = (ROOT / "src/aws/service.h").read_text()
    return dict(re.findall(r'constexpr Service k(\w+)\{\s*"(\w+)"', text))


def operations() -> dict[str, str]:
    """By the name in the code, "sqs::DescribeQueue": its permission, "sqs:GetQueueAttributes"."""
    names = services()
    found: dict[str, str] = {}

    def add(space: str, name: str, info: tuple[str, str, str]) -> None:
        service, operation, permission = info
        found[f"{space}::{name}"] = permission or f"{names[service]}:{operation}"

    for header in (ROOT / "src/aws").glob("*/*.h"):
        text = header.read_text()
        constants = {name: tuple(info) for name, *info in CONSTANT.findall(text)}
        for name, constant in ALIAS.findall(text):
            add(header.parent.name, name, constants[constant])
        for name, *info in STRUCT.findall(text):
            add(header.parent.name, name, tuple(info))
    return found


def permissions_of_calls() -> set[str]:
    """Of the operations that src/setup names."""
    known = operations()
    named = {name for path in (ROOT / "src/setup").glob("*.cc")
             for name in re.findall(r"(?=\b(\w+::\w+)\b)", path.read_text())}  # fmt: skip
    return {known[name] for name in named & set(known)}


def statements() -> list[dict[str, Any]]:
    text = (ROOT / "docs/setup.md").read_text()
    policy = json.loads(text.partition("```json\n")[2].partition("```")[0])
    return list(policy["Statement"])


def documented() -> list[str]:
    return [action for statement in statements() for action in statement["Action"]]


def test_every_operation_of_src_aws_is_found() -> None:
    headers = "".join(path.read_text() for path in (ROOT / "src/aws").glob("*/*.h"))
    assert len(operations()) == len(re.findall(r'\{&k\w+,\s*"\w+"', headers)) > 60


def test_the_policy_allows_every_call_and_nothing_else() -> None:
    calls = permissions_of_calls()
    assert len(calls) > 40
    assert calls - set(documented()) == set()
    assert set(documented()) - calls == BESIDE


def test_the_policy_names_each_action_once_and_in_order() -> None:
    assert len(documented()) == len(set(documented()))
    for statement in statements():
        assert statement["Effect"] == "Allow"
        assert statement["Action"] == sorted(statement["Action"])


def test_what_is_made_with_tags_may_also_be_tagged() -> None:
    for call, beside in WITH_TAGS.items():
        assert call in documented()
        assert beside in documented()


# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
def test_actions_that_have_no_resource_are_allowed_for_all() -> None:
    for statement in statements():
        services_of = {action.partition(":")[0] for action in statement["Action"]}
        if statement["Resource"] == "*":
            continue
        (service,) = services_of
        assert statement["Resource"].startswith(f"arn:aws:{service}:")
        for action in statement["Action"]:
            assert action not in ("sqs:ListQueues", "events:ListRules"), action
