"""`aws-collector setup export`: the templates make what `setup apply` makes.

moto's CloudFormation makes queues, rules, buckets and flow logs, but passes over the policies of
queues and buckets, over notifications, the access block and log deliveries, and ministack's rolls
the stack back. Those are compared as they stand in the template with what apply has put into AWS;
so is everything of Terraform, which has no emulator without AWS's own provider.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import REGIONS, Collector
from setup_account import Account, State
from setup_command import Setup
from setup_templates import Terraform, from_cloudformation

from sandbox import Sandbox

PREFIX = "acme"


@pytest.fixture
def wide(sandbox: Sandbox, setup: Setup, account: Account, collector: Collector) -> Setup:
    """All that setup can make, in both regions."""
    sandbox.check_signatures(False)  # moto takes none of a GET of CloudFront, be it botocore's
    account.make_vpcs(2)
    collector.input["autoconfig"] = {
        "name_prefix": PREFIX, "tags": {"team": "security", "cost-centre": "4711 / @x = y"},
    }  # fmt: skip
    collector.input["services"].update({
        "guardduty": {"types": ["events"], "regions": [REGIONS[1]]},
        "non-cloudwatch-logs": {
            "regions": list(REGIONS), "vpcflowlogs_vpcs": "all",
            "cloudfrontlogs_distributions": ["E1ABCDEF234567", "E7654321FEDCBA"],
        },
    })  # fmt: skip
    return setup


def export(setup: Setup, kind: str, folder: Path) -> dict[str, str]:
    done = setup.run("export", "--format", kind, "--to", str(folder))
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.splitlines()]
    assert {file.parent for file in files} == {folder}
    return {file.name: file.read_text() for file in files}


def applied(account: Account, setup: Setup) -> State:
    """What apply makes, in the words of the templates."""
    setup.apply()
    state = account.state()
    for key, value in state.items():
        if key.startswith("queue "):
            for name in ("QueueArn", "DelaySeconds", "MaximumMessageSize", "DeduplicationScope",
                         "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout",
                         "FifoThroughputLimit"):  # fmt: skip
                value.pop(name, None)  # AWS's own defaults
        elif key.startswith("bucket "):
            rules = value["encryption"]["ServerSideEncryptionConfiguration"]["Rules"]
            value["encryption"] = [r["ApplyServerSideEncryptionByDefault"] for r in rules]
            value["public access"] = value["public access"]["PublicAccessBlockConfiguration"]
        elif key.startswith("notification "):
            state[key] = {"queues": [
                {"Queue": one["QueueArn"], "Event": event,
                 "Rules": one["Filter"]["Key"]["FilterRules"]}
                for one in value["QueueConfigurations"] for event in one["Events"]
            ]}  # fmt: skip
    add_deliveries(account.client("logs", "us-east-1"), state)
    return state


def add_deliveries(logs: Any, state: State) -> None:
    for one in logs.describe_delivery_sources()["deliverySources"]:
        state[f"DeliverySource {one['name']}"] = {
            "tags": logs.list_tags_for_resource(resourceArn=one["arn"])["tags"],
            "ResourceArn": one["resourceArns"][0], "LogType": one["logType"],
        }  # fmt: skip
    for one in logs.describe_delivery_destinations()["deliveryDestinations"]:
        to = one["deliveryDestinationConfiguration"]
        state[f"DeliveryDestination {one['name']}"] = {
            "tags": logs.list_tags_for_resource(resourceArn=one["arn"])["tags"],
            "OutputFormat": one["outputFormat"],
            "DestinationResourceArn": to["destinationResourceArn"],
        }  # fmt: skip
    for one in logs.describe_deliveries()["deliveries"]:
        state[f"Delivery {one['deliverySourceName']}"] = {
            "tags": logs.list_tags_for_resource(resourceArn=one["arn"])["tags"],
            "DeliveryDestinationArn": one["deliveryDestinationArn"],
        }  # fmt: skip


def test_cfn_lint_finds_nothing(wide: Setup, tmp_path: Path) -> None:
    files = export(wide, "cloudformation", tmp_path / "out")
    assert set(files) == {f"aws-{region}.json" for region in REGIONS}
    for region in REGIONS:
        done = subprocess.run(
            [Path(sys.executable).with_name("cfn-lint"), "--regions", region,
             "--template", str(tmp_path / "out" / f"aws-{region}.json")],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.strip() == ""


def test_the_templates_say_what_apply_makes(
    wide: Setup, account: Account, tmp_path: Path
) -> None:
    stacks: State = {}
    for region in REGIONS:
        text = export(wide, "cloudformation", tmp_path / "cf")[f"aws-{region}.json"]
        stacks.update(from_cloudformation(text, region))
    (text,) = export(wide, "terraform", tmp_path / "tf").values()
    terraform = Terraform(text).state()
    made = applied(account, wide)
    assert set(stacks) == set(made) == set(terraform)
    for name, wanted in made.items():
        assert stacks[name] == wanted, name
        assert terraform[name] == wanted, name
    assert len(made) > 30


def test_a_stack_makes_the_same_resources_as_apply(
    wide: Setup, account: Account, tmp_path: Path
) -> None:
    wide.apply()
    wanted = account.state()
    for name in [name for name in wanted if name.startswith("notification ")]:
        del wanted[name]  # moto passes over what stands there
    files = export(wide, "cloudformation", tmp_path / "out")
    account.forget()
    for region in REGIONS:
        account.client("cloudformation", region).create_stack(
            StackName="aws-collector", TemplateBody=files[f"aws-{region}.json"]
        )
    made = account.state()
    assert set(made) == set(wanted)
    for name, value in wanted.items():
        for lacking in ("policy", "Policy", "public access"):  # as above
            value.pop(lacking, None)
            made[name].pop(lacking, None)
        for resource in (value, made[name]):
            tags = resource["tags"]
            resource["tags"] = {k: v for k, v in tags.items() if not k.startswith("aws:")}
        assert made[name] == value, name


def test_what_no_template_can_do_is_said(
    setup: Setup, collector: Collector, tmp_path: Path
) -> None:
    collector.input["services"] = {
        "audit-events-all": {"regions": [REGIONS[0]], "audit_bucket": "their-trail"},
        "non-cloudwatch-logs": {
            "regions": [REGIONS[1]], "vpcflowlogs_vpcs": ["vpc-1"],
            "vpcflowlogs_bucket": "their-bucket",
        },
    }  # fmt: skip
    done = setup.run("export", "--format", "terraform", "--to", str(tmp_path / "out"))
    assert done.returncode == 0
    assert "their-trail in us-east-1: send s3:ObjectCreated:*" in done.stderr
    assert "their-bucket in eu-west-1: when it exists already" in done.stderr
    assert "their-trail" not in (tmp_path / "out" / "aws.tf").read_text().replace(
        "arn:aws:s3:::their-trail", ""
    )
