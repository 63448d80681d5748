"""`aws-collector setup export`: the templates make what `setup apply` makes.

moto's CloudFormation makes queues, rules, buckets and flow logs, but passes over the policies of
queues and buckets, over notifications, the access block and log deliveries. ministack's makes just
those policies and notifications, but no tags, encryption, redrive and dead letters, and rolls a
stack back that holds flow logs or deliveries. So between the two all is made but the access block
and the deliveries, which are compared as they stand in the template with what apply has put into
AWS; so is everything of Terraform, which has no emulator without AWS's own provider.

What only AWS itself can show: that deliveries which wait for one another meet no ConflictException,
that the bucket's policy satisfies CloudFront's check, and how long a queue's policy takes until S3
accepts a notification.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ACCOUNT, REGIONS, Collector
from ministack_account import REGION, Ministack
from setup_account import Account, State, canonical
from setup_command import Setup
from setup_templates import Terraform, from_cloudformation
from terraform_arguments import faults

from sandbox import Sandbox

PREFIX = "acme"
TRAIL = "their-trail"


@pytest.fixture
def wide(sandbox: Sandbox, setup: Setup, account: Account, collector: Collector) -> Setup:
    """All that setup can make, in both regions, under names of its own."""
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


@pytest.fixture
def named(sandbox: Sandbox, setup: Setup, account: Account, collector: Collector) -> Setup:
    """Under names of the user's: queues that are alike, shared or standard ones, buckets, VPCs; a
    trail's bucket that is there; and CloudFront's logs in another region than its deliveries."""
    sandbox.check_signatures(False)
    account.make_vpcs(3)
    ec2 = account.client("ec2", REGIONS[1])
    vpcs = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]][:2]
    s3 = account.client("s3", REGIONS[1])
    s3.create_bucket(
        Bucket=TRAIL, CreateBucketConfiguration={"LocationConstraint": REGIONS[1]}
    )
    shared = f"https://sqs.{REGIONS[1]}.amazonaws.com/{ACCOUNT}/shared.fifo"
    collector.input["services"] = {
        "service-events-all": {
            "regions": list(REGIONS), "cloudwatch_sqs_queue_name": "events",
        },
        "guardduty": {"types": ["events"], "regions": [REGIONS[1]],
                      "cloudwatch_sqs_queue_name": shared},
        "ec2": {"types": ["events"], "regions": [REGIONS[1]],
                "cloudwatch_sqs_queue_name": shared},
        "rds": {"types": ["events"], "regions": [REGIONS[1]],
                "cloudwatch_sqs_queue_name": "Events.fifo"},
        "ecs": {"types": ["events"], "regions": [REGIONS[1]],
                "cloudwatch_sqs_queue_name": "eVENTS.fifo"},
        "non-cloudwatch-logs": {
            "regions": [REGIONS[1]], "vpcflowlogs_vpcs": vpcs, "vpcflowlogs_bucket": "flow-bucket",
            "vpcflowlogs_sqs_queue_name": "events-policy", "cloudfrontlogs_bucket": "policy-bucket",
            "cloudfrontlogs_distributions": ["E1ABCDEF234567"],
        },
        "audit-events-all": {"regions": [REGIONS[1]], "audit_bucket": TRAIL},
    }  # fmt: skip
    return setup


@pytest.fixture(params=["wide", "named"])
def each(request: pytest.FixtureRequest) -> Setup:
    made: Setup = request.getfixturevalue(request.param)
    return made


def export(setup: Setup, kind: str, folder: Path) -> dict[str, str]:
    done = setup.run("export", "--format", kind, "--to", str(folder))
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.splitlines()]
    assert {file.parent for file in files} == {folder}
    return {file.name: file.read_text() for file in files}


def applied(account: Account, setup: Setup) -> State:
    """What apply makes, in the words of the templates. Those make nothing of a trail's bucket."""
    setup.apply()
    state = account.state()
    for what in ("bucket", "notification"):
        state.pop(f"{what} {TRAIL} {REGIONS[1]}", None)
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


def test_cfn_lint_finds_nothing(each: Setup, tmp_path: Path) -> None:
    files = export(each, "cloudformation", tmp_path / "out")
    assert set(files) == {f"aws-{region}.json" for region in REGIONS}
    for region in REGIONS:
        done = subprocess.run(
            [Path(sys.executable).with_name("cfn-lint"), "--regions", region,
             "--template", str(tmp_path / "out" / f"aws-{region}.json")],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.strip() == ""


def stacks(setup: Setup, folder: Path) -> State:
    """What all templates of CloudFormation say."""
    state: State = {}
    for name, text in export(setup, "cloudformation", folder).items():
        state.update(from_cloudformation(text, name.removeprefix("aws-").removesuffix(".json")))
    return state


def terraform(setup: Setup, folder: Path) -> Terraform:
    (text,) = export(setup, "terraform", folder).values()
    return Terraform(text)


def test_the_templates_say_what_apply_makes(each: Setup, account: Account, tmp_path: Path) -> None:
    of_stacks = stacks(each, tmp_path / "cf")
    of_terraform = terraform(each, tmp_path / "tf").state()
    made = applied(account, each)
    assert set(of_stacks) == set(made) == set(of_terraform)
    for name, wanted in made.items():
        assert of_stacks[name] == wanted, name
        assert of_terraform[name] == wanted, name
    assert len(made) >= 30


def test_terraforms_provider_knows_every_argument(each: Setup, tmp_path: Path) -> None:
    resources = terraform(each, tmp_path / "tf").resources
    assert len({name.partition(".")[0] for name in resources}) == 12
    found = [fault for name, body in resources.items()
             for fault in faults(name.partition(".")[0], body)]  # fmt: skip
    assert found == []


def test_a_stack_makes_the_same_resources_as_apply(
    each: Setup, account: Account, tmp_path: Path
) -> None:
    files = export(each, "cloudformation", tmp_path / "out")
    each.apply()
    wanted = account.state()
    for name in [name for name in wanted if name.startswith("notification ") or TRAIL in name]:
        del wanted[name]  # moto passes over the former, and the latter is not made
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


def make_stack(ministack: Ministack, text: str) -> None:
    """Of what ministack knows."""
    template = json.loads(text)
    resources = template["Resources"]
    for name in [name for name, one in resources.items() if one["Type"] == "AWS::EC2::FlowLog"]:
        del resources[name]
    cloudformation = ministack.client("cloudformation")
    cloudformation.create_stack(StackName="aws-collector", TemplateBody=json.dumps(template))
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName="aws-collector", WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def test_the_policies_and_notifications_of_a_stack_are_those_of_apply(
    each: Setup, account: Account, ministack: Ministack, tmp_path: Path
) -> None:
    files = export(each, "cloudformation", tmp_path / "out")
    wanted = applied(account, each)
    make_stack(ministack, files[f"aws-{REGION}.json"])
    sqs, s3, bus = (ministack.client(one) for one in ("sqs", "s3", "events"))
    made: State = {}
    for url in sqs.list_queues()["QueueUrls"]:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        made[f"queue {url.rpartition('/')[2]} {REGION}"] = {
            name: canonical(found[name]) for name in ("Policy", "MessageRetentionPeriod")
            if name in found
        }  # fmt: skip
    for bucket in (one["Name"] for one in s3.list_buckets()["Buckets"]):
        policy = canonical(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        made[f"bucket {bucket} {REGION}"] = {"policy": policy}
        told = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
        made[f"notification {bucket} {REGION}"] = {"queues": [
            {"Queue": one["QueueArn"], "Event": event, "Rules": one["Filter"]["Key"]["FilterRules"]}
            for one in told for event in one["Events"]
        ]}  # fmt: skip
    for rule in bus.list_rules()["Rules"]:
        made[f"rule {rule['Name']} {REGION}"] = {
            "pattern": canonical(rule["EventPattern"]), "state": rule["State"],
            "targets": bus.list_targets_by_rule(Rule=rule["Name"])["Targets"],
        }  # fmt: skip
    here = {name for name in wanted if name.endswith(f" {REGION}") and "flow log" not in name}
    assert set(made) == here
    for name, value in made.items():
        expected = {key: wanted[name][key] for key in value}
        assert value == expected, name
        assert ("Policy" in wanted[name]) == ("Policy" in value), name


def test_an_event_arrives_through_a_stack_that_was_made_from_a_template(
    sandbox: Sandbox, setup: Setup, collector: Collector, ministack: Ministack, tmp_path: Path
) -> None:
    collector.aws_url = ministack.url
    for service in collector.input["services"].values():
        service["regions"] = [REGION]
    (text,) = export(setup, "cloudformation", tmp_path / "out").values()
    make_stack(ministack, text)
    put = ministack.client("events").put_events(
        Entries=[{"Source": "my.shop", "DetailType": "Order", "Detail": '{"number": 1}'}]
    )
    assert put["FailedEntryCount"] == 0
    assert collector.run_once() == 0
    (record,) = sandbox.all_records()
    assert json.loads(record["message"])["detail"] == {"number": 1}


def test_the_same_configuration_gives_the_same_templates_without_asking_aws(
    sandbox: Sandbox, named: Setup, tmp_path: Path
) -> None:
    sandbox.forget_calls()
    for kind in ("cloudformation", "terraform"):
        first = export(named, kind, tmp_path / "first")
        assert export(named, kind, tmp_path / "second") == first
    assert sandbox.calls() == []


def test_a_bucket_outlives_its_stack(each: Setup, tmp_path: Path) -> None:
    buckets = [
        one for text in export(each, "cloudformation", tmp_path / "out").values()
        for one in json.loads(text)["Resources"].values() if one["Type"] == "AWS::S3::Bucket"
    ]  # fmt: skip
    assert len(buckets) == 2
    for bucket in buckets:
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"


def test_files_stay_in_their_folder_whatever_an_inputs_name(
    setup: Setup, collector: Collector, tmp_path: Path
) -> None:
    collector.config["inputs"] = {'../up\n} "${x}': collector.input}
    out = tmp_path / "out"
    for kind in ("cloudformation", "terraform"):
        export(setup, kind, out)
    assert len(list(out.iterdir())) == 3
    assert not list(tmp_path.glob("up*"))
    (text,) = (path.read_text() for path in out.glob("*.tf"))
    assert len(Terraform(text).resources) == 10


# Terraform reads all files of a folder as one, in which each name stands once.
def test_terraform_is_written_for_one_input_at_a_time(
    setup: Setup, collector: Collector, tmp_path: Path
) -> None:
    collector.config["inputs"]["other"] = {**collector.input, "id": "other"}
    done = setup.run("export", "--format", "terraform", "--to", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "name one with --input" in done.stderr
    assert not (tmp_path / "out").exists()
    done = setup.run("export", "--format", "terraform", "--input", "other")
    assert done.returncode == 0
    assert len(Terraform(done.stdout).resources) == 10
    done = setup.run("export", "--format", "cloudformation")
    assert done.returncode == 2
    assert done.stdout == ""


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
