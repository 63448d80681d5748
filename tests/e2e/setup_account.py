"""All that an AWS account of the sandbox holds of what `aws-collector setup` makes."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from collector_process import REGIONS
from s3_account import ACCOUNT

from sandbox import Sandbox

VOLATILE = ("CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOf")
State = dict[str, Any]


def canonical(text: str) -> Any:
    """JSON in a text, whatever its white space."""
    try:
        return json.loads(text)
    except ValueError:
        return text


class Account:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str) -> Any:
        key, secret = self._sandbox.credentials("admin")
        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(
                service, region_name=region, endpoint_url=self._sandbox.aws_url,
                aws_access_key_id=key, aws_secret_access_key=secret,
                config=Config(s3={"addressing_style": "path"}),
            )  # fmt: skip
        return self._clients[service, region]

    def url(self, region: str, queue: str) -> str:
        return str(self.client("sqs", region).get_queue_url(QueueName=queue)["QueueUrl"])

    def bucket(self, region: str) -> str:
        return f"devo-collector-logs-{ACCOUNT}-{region}"

    def make_vpcs(self, count: int, regions: list[str] = REGIONS) -> None:
        """So many in each region, and none besides."""
        for region in regions:
            ec2 = self.client("ec2", region)
            for vpc in ec2.describe_vpcs()["Vpcs"]:
                for subnet in ec2.describe_subnets()["Subnets"]:
                    if subnet["VpcId"] == vpc["VpcId"]:
                        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
                ec2.delete_vpc(VpcId=vpc["VpcId"])
            for number in range(count):
                ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")

    def put_event(self, region: str, number: int) -> tuple[str, int]:
        detail = {"region": region, "number": number}
        put = self.client("events", region).put_events(
            Entries=[{"Source": "aws.ec2", "DetailType": "Order", "Detail": json.dumps(detail)}]
        )
        assert put["FailedEntryCount"] == 0
        return region, number

    def make_foreign(self, region: str) -> list[str]:
        """A queue, a rule and a bucket under names that begin as ours do. Their keys in state()."""
        self.client("sqs", region).create_queue(QueueName="devo-collector-of-somebody-else")
        self.client("events", region).put_rule(
            Name="devo-collector-their-rule", EventPattern='{"source": ["aws.s3"]}'
        )
        return [f"queue devo-collector-of-somebody-else {region}",
                f"rule devo-collector-their-rule {region}"]  # fmt: skip

    def add_foreign_notification(self, region: str) -> None:
        """Beside ours, of other objects of the same bucket."""
        s3, bucket = self.client("s3", region), self.bucket(region)
        there = s3.get_bucket_notification_configuration(Bucket=bucket)
        there.pop("ResponseMetadata")
        queue = f"arn:aws:sqs:{region}:{ACCOUNT}:devo-collector-of-somebody-else"
        there["QueueConfigurations"].append({
            "Id": "theirs", "QueueArn": queue, "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "theirs/"}]}},
        })  # fmt: skip
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=there)

    def state(self, regions: list[str] = REGIONS) -> State:
        state: State = {}
        for region in regions:
            self._add_queues(region, state)
            self._add_rules(region, state)
            self._add_flow_logs(region, state)
        self._add_buckets(state)
        return state

    def forget(self, regions: list[str] = REGIONS) -> None:
        """Everything that state() tells of is deleted."""
        for region in regions:
            sqs, events = self.client("sqs", region), self.client("events", region)
            for url in sqs.list_queues().get("QueueUrls", []):
                sqs.delete_queue(QueueUrl=url)
            for rule in events.list_rules()["Rules"]:
                targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
                if targets:
                    events.remove_targets(Rule=rule["Name"], Ids=[t["Id"] for t in targets])
                events.delete_rule(Name=rule["Name"])
            ec2 = self.client("ec2", region)
            ids = [log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]]
            if ids:
                ec2.delete_flow_logs(FlowLogIds=ids)
        s3 = self.client("s3", "us-east-1")
        for bucket in s3.list_buckets()["Buckets"]:
            s3.delete_bucket(Bucket=bucket["Name"])

    def _add_queues(self, region: str, state: State) -> None:
        sqs = self.client("sqs", region)
        for url in sqs.list_queues().get("QueueUrls", []):
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
            state[f"queue {url.rsplit('/', 1)[1]} {region}"] = {
                "tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
                **{name: canonical(value) for name, value in attributes["Attributes"].items()
                   if not name.startswith(VOLATILE)},
            }  # fmt: skip

    def _add_rules(self, region: str, state: State) -> None:
        events = self.client("events", region)
        for rule in events.list_rules()["Rules"]:
            tags = events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
            state[f"rule {rule['Name']} {region}"] = {
                "pattern": canonical(rule["EventPattern"]), "state": rule["State"],
                "description": rule.get("Description"),
                "targets": events.list_targets_by_rule(Rule=rule["Name"])["Targets"],
                "tags": {tag["Key"]: tag["Value"] for tag in tags},
            }  # fmt: skip

    def _add_flow_logs(self, region: str, state: State) -> None:
        for log in self.client("ec2", region).describe_flow_logs()["FlowLogs"]:
            key = f"flow log {log['ResourceId']} {region}"
            assert key not in state, "two flow logs of one VPC"
            state[key] = {
                "tags": {tag["Key"]: tag["Value"] for tag in log["Tags"]},
                **{name: log.get(name) for name in
                   ("TrafficType", "LogDestination", "LogDestinationType",
                    "MaxAggregationInterval")},
            }  # fmt: skip

    def _add_buckets(self, state: State) -> None:
        s3 = self.client("s3", "us-east-1")
        for bucket in s3.list_buckets()["Buckets"]:
            name = bucket["Name"]
            region = s3.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1"
            notification = s3.get_bucket_notification_configuration(Bucket=name)
            notification.pop("ResponseMetadata")
            if notification:
                state[f"notification {name} {region}"] = notification
            tags = self._of_bucket("get_bucket_tagging", name).get("TagSet", [])
            policy = self._of_bucket("get_bucket_policy", name).get("Policy", "null")
            state[f"bucket {name} {region}"] = {
                "tags": {tag["Key"]: tag["Value"] for tag in tags},
                "policy": canonical(policy),
                "encryption": self._of_bucket("get_bucket_encryption", name),
                "public access": self._of_bucket("get_public_access_block", name),
            }

    def _of_bucket(self, call: str, bucket: str) -> dict[str, Any]:
        s3 = self.client("s3", "us-east-1")
        try:
            answer: dict[str, Any] = getattr(s3, call)(Bucket=bucket)
        except ClientError as e:
            assert e.response["ResponseMetadata"]["HTTPStatusCode"] == 404
            return {}
        answer.pop("ResponseMetadata")
        return answer
