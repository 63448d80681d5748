"""`aws-collector setup` where an account is not empty, or does not allow all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import ACCOUNT, REGIONS, Collector
from setup_account import Account
from setup_command import Setup

from sandbox import Sandbox

REGION = REGIONS[1]
RULE = "devo-collector-service-events-all"
QUEUE = f"{RULE}.fifo"
KIND_OF = {"events:PutRule": "rule ", "ec2:CreateFlowLogs": "flow log ",
           "s3:PutBucketNotificationConfiguration": "notification "}  # fmt: skip
FLOW_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:devo-collector-vpcflowlogs"


@pytest.fixture
def flow(setup: Setup, account: Account) -> Setup:
    """Flow logs of one VPC in one region, into a bucket that is the account's own."""
    account.make_vpcs(1)
    setup.collector.input["services"] = {
        "non-cloudwatch-logs": {
            "regions": [REGION], "vpcflowlogs_vpcs": "all", "vpcflowlogs_bucket": "their-bucket",
        }
    }  # fmt: skip
    return setup


@pytest.fixture
def their_bucket(account: Account) -> Any:
    """S3, with that bucket, a policy and a queue of theirs."""
    s3 = account.client("s3", REGION)
    s3.create_bucket(
        Bucket="their-bucket", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    theirs = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": ACCOUNT},
              "Action": "s3:GetObject", "Resource": "arn:aws:s3:::their-bucket/*"}  # fmt: skip
    s3.put_bucket_policy(
        Bucket="their-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
    )
    account.client("sqs", REGION).create_queue(QueueName="theirs")
    return s3


def tell_them(s3: Any, prefix: str) -> None:
    s3.put_bucket_notification_configuration(
        Bucket="their-bucket",
        NotificationConfiguration={"QueueConfigurations": [{
            "Id": "theirs", "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:theirs",
            "Events": ["s3:ObjectCreated:*"],
            **({"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}
               if prefix else {}),
        }]},
    )  # fmt: skip


def queues_told(s3: Any) -> dict[str, str]:
    there = s3.get_bucket_notification_configuration(Bucket="their-bucket")
    return {one["Id"]: one["QueueArn"] for one in there["QueueConfigurations"]}


def test_a_bucket_that_is_there_keeps_all_that_it_has(
    flow: Setup, account: Account, their_bucket: Any
) -> None:
    tell_them(their_bucket, "theirs/")
    before = account.state()
    flow.apply()
    assert queues_told(their_bucket) == {
        "theirs": f"arn:aws:sqs:{REGION}:{ACCOUNT}:theirs",
        "devo-collector-vpcflowlogs": FLOW_QUEUE,
    }  # fmt: skip
    bucket = account.state()[f"bucket their-bucket {REGION}"]
    sids = [one["Sid"] for one in bucket["policy"]["Statement"]]
    assert sids == ["Theirs", "DevoCollectorLogDeliveryWrite", "DevoCollectorLogDeliveryCheck"]
    assert bucket["tags"] == {}
    done = flow.run("destroy", "--yes")
    assert done.returncode == 0, done.stdout
    assert account.state() == before


# S-22
@pytest.mark.parametrize("prefix", ["", "AWSLogs/", f"AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/"])
def test_a_notification_that_overlaps_with_theirs_is_refused_with_the_reason(
    flow: Setup, account: Account, their_bucket: Any, prefix: str
) -> None:
    tell_them(their_bucket, prefix)
    plan = flow.run("plan")
    assert plan.returncode == 1
    assert "already tells" in plan.stdout
    assert f'under "{prefix}" (its notification theirs)' in plan.stdout
    done = flow.run("apply", "--yes")
    assert done.returncode == 1
    assert list(queues_told(their_bucket)) == ["theirs"]
    assert "+ SQS queue devo-collector-vpcflowlogs in eu-west-1: made" in done.stdout
    assert "1 not done" in done.stderr
    assert any(name.startswith("flow log vpc-") for name in account.state())


def test_a_notification_of_theirs_that_tells_our_queue_will_do(
    flow: Setup, account: Account, their_bucket: Any
) -> None:
    flow.apply()
    there = their_bucket.get_bucket_notification_configuration(Bucket="their-bucket")
    there.pop("ResponseMetadata")
    there["QueueConfigurations"][0]["Id"] = "made by hand"
    their_bucket.put_bucket_notification_configuration(
        Bucket="their-bucket", NotificationConfiguration=there
    )
    before = account.state()
    flow.apply()
    assert account.state() == before


def test_a_bucket_in_another_region_is_refused(flow: Setup, account: Account) -> None:
    account.client("s3", "us-east-1").create_bucket(Bucket="their-bucket")
    done = flow.run("apply", "--yes")
    assert done.returncode == 1
    assert "the bucket is in us-east-1, and its queue has to be there too" in done.stdout
    assert "it needs the S3 bucket their-bucket in eu-west-1, see there" in done.stdout
    assert not any(name.startswith("flow log") for name in account.state())


def test_a_trails_bucket_has_to_be_there(setup: Setup, account: Account, their_bucket: Any) -> None:
    trail = {"regions": [REGION], "audit_bucket": "no-such-bucket"}
    setup.collector.input["services"] = {"audit-events-all": trail}
    done = setup.run("apply", "--yes")
    assert done.returncode == 1
    assert "it does not exist, and is not ours to make" in done.stdout
    trail["audit_bucket"] = "their-bucket"
    setup.apply()
    assert queues_told(their_bucket) == {
        "devo-collector-audit": f"arn:aws:sqs:{REGION}:{ACCOUNT}:devo-collector-audit"
    }


@pytest.mark.parametrize(
    ("operation", "permission", "resource"),
    [
        ("events:PutRule", "events:PutRule", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{RULE}"),
        ("sqs:CreateQueue", "sqs:CreateQueue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{RULE}-dead.fifo"),
        ("ec2:CreateFlowLogs", "ec2:CreateFlowLogs", "*"),
        ("s3:PutBucketNotificationConfiguration", "s3:PutBucketNotification",
         f"arn:aws:s3:::devo-collector-logs-{ACCOUNT}-{REGION}"),
    ],
)  # fmt: skip
def test_a_missing_permission_is_named_with_its_statement_and_stops_nothing_else(
    sandbox: Sandbox, everything: Setup, account: Account, operation: str, permission: str,
    resource: str,
) -> None:  # fmt: skip
    sandbox.add_fault("denied", operation=operation, region=REGION)
    done = everything.run("apply", "--yes")
    assert done.returncode == 1
    statement = {"Effect": "Allow", "Action": permission, "Resource": resource}
    shown = [json.loads(line.partition("policies of that user or role: ")[2])
             for line in done.stdout.splitlines() if "policies of that user" in line]  # fmt: skip
    assert statement in shown, done.stdout
    state = account.state()
    assert f"rule {RULE} us-east-1" in state
    # The regions are apart, and so is what does not need the other.
    expected = {"rule ", "flow log ", "notification "} if operation != "sqs:CreateQueue" else set()
    expected.discard(KIND_OF.get(operation, ""))
    for kind in expected:
        assert any(name.startswith(kind) and name.endswith(REGION) for name in state), kind
    sandbox.clear_faults()
    everything.apply()
    assert f"rule {RULE} {REGION}" in account.state()


def test_a_queue_of_somebody_else_under_our_name_is_only_taken_over_when_told(
    setup: Setup, account: Account
) -> None:
    sqs = account.client("sqs", REGION)
    sqs.create_queue(QueueName=QUEUE, Attributes={"FifoQueue": "true"}, tags={"team": "x"})
    before = account.state()[f"queue {QUEUE} {REGION}"]
    done = setup.run("apply", "--yes")
    assert done.returncode == 1
    assert "is not ours and is not as it should be" in done.stdout
    assert account.state()[f"queue {QUEUE} {REGION}"] == before
    setup.apply("--adopt")
    after = account.state()[f"queue {QUEUE} {REGION}"]
    assert after["tags"]["team"] == "x"
    assert after["tags"]["usedBy"] == "devo-collector"
    assert after["ContentBasedDeduplication"] is True
    assert "to create" not in setup.apply()


def test_a_queue_that_is_encrypted_with_a_key_keeps_it_and_the_key_is_checked(
    setup: Setup, account: Account
) -> None:
    setup.apply()
    kms, sqs = account.client("kms", REGION), account.client("sqs", REGION)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    url = account.url(REGION, QUEUE)
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={"KmsMasterKeyId": key, "SqsManagedSseEnabled": "false", **asked["Attributes"]},
    )
    before = account.state()
    said = setup.apply()
    assert "which events.amazonaws.com may not use" in said
    statement = json.loads(said.partition("add to the key's policy: ")[2].partition("\n")[0])
    assert statement["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert account.state() == before
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"].append(statement)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    assert "may not use" not in setup.apply()


def test_cloudfronts_logs_are_delivered_to_the_bucket(
    sandbox: Sandbox, setup: Setup, account: Account
) -> None:
    sandbox.check_signatures(False)  # moto takes none of a GET of CloudFront, be it botocore's
    cloudfront = account.client("cloudfront", "us-east-1")
    logs = account.client("logs", "us-east-1")
    ids = [make_distribution(cloudfront, number) for number in range(3)]
    setup.collector.input["services"] = {
        "non-cloudwatch-logs": {"regions": list(REGIONS), "cloudfrontlogs_distributions": "all"}
    }
    setup.apply()
    sources = {one["name"]: one for one in logs.describe_delivery_sources()["deliverySources"]}
    assert set(sources) == {f"devo-collector-cloudfront-{one}" for one in ids}
    destination = logs.get_delivery_destination(name="devo-collector-cloudfront")
    bucket = destination["deliveryDestination"]["deliveryDestinationConfiguration"]
    assert bucket["destinationResourceArn"] == f"arn:aws:s3:::{account.bucket('us-east-1')}"
    deliveries = logs.describe_deliveries()["deliveries"]
    assert {one["deliverySourceName"] for one in deliveries} == set(sources)
    # Only there; the other region has no queue of it, and none is read.
    assert f"queue devo-collector-cloudfrontlogs {REGION}" not in account.state()
    again = setup.apply()
    assert "to create" not in again
    assert "to change" not in again
    logs.untag_resource(resourceArn=deliveries[0]["arn"], tagKeys=["usedBy"])
    logs.untag_resource(resourceArn=destination["deliveryDestination"]["arn"], tagKeys=["usedBy"])
    setup.apply("--adopt")
    assert "to change" not in setup.apply()
    done = setup.run("destroy", "--yes")
    assert done.returncode == 0, done.stdout
    assert logs.describe_deliveries()["deliveries"] == []
    assert logs.describe_delivery_sources()["deliverySources"] == []
    assert logs.describe_delivery_destinations()["deliveryDestinations"] == []


def make_distribution(cloudfront: Any, number: int) -> str:
    origin = {"Id": "o", "DomainName": "their-bucket.s3.amazonaws.com",
              "S3OriginConfig": {"OriginAccessIdentity": ""}}  # fmt: skip
    made = cloudfront.create_distribution(DistributionConfig={
        "CallerReference": str(number), "Comment": "", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0,
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        },
    })  # fmt: skip
    return str(made["Distribution"]["Id"])


def test_autoconfig_makes_it_at_the_start_and_once_for_each_change(
    sandbox: Sandbox, setup: Setup, account: Account, collector: Collector
) -> None:
    collector.input["autoconfig"] = {"enabled": True, "name_prefix": "acme"}
    service = collector.input["services"]["service-events-all"]
    service["regions"] = ["us-east-1"]
    assert collector.run_once() == 0, collector.said()
    assert "rule acme-service-events-all us-east-1" in account.state()
    account.put_event("us-east-1", 7)
    sandbox.forget_calls()
    assert collector.run_once() == 0, collector.said()
    assert [json.loads(r["message"])["detail"]["number"] for r in sandbox.all_records()] == [7]
    asked = {call["operation"] for call in sandbox.calls()}
    assert asked.isdisjoint({"events:PutRule", "events:DescribeRule", "sqs:CreateQueue"}), asked
    service["regions"] = REGIONS
    assert collector.run_once() == 0, collector.said()
    assert "rule acme-service-events-all eu-west-1" in account.state()


def test_autoconfig_that_is_refused_is_said_tried_again_and_stops_no_collecting(
    sandbox: Sandbox, setup: Setup, account: Account, collector: Collector
) -> None:
    account_of_queues = setup.apply()
    assert "made" in account_of_queues
    account.put_event(REGION, 1)
    collector.input["autoconfig"] = {"enabled": True}
    collector.input["services"]["guardduty"] = {
        "types": ["events"], "regions": [REGION], "request_period_in_seconds": 1,
    }  # fmt: skip
    fault = sandbox.add_fault("denied", operation="events:PutRule")
    collector.run_once()
    assert "events:PutRule" in collector.said()
    assert [json.loads(r["message"])["detail"]["number"] for r in sandbox.all_records()] == [1]
    sandbox.clear_faults(fault)
    assert collector.run_once() == 0, collector.said()
    assert f"rule devo-collector-guardduty {REGION}" in account.state()
