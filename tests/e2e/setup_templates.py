"""What a template of `aws-collector setup export` would make, in the form of Account.state(): the
texts are read and filled in here, without anything of the collector's."""

from __future__ import annotations

import json
import re
from typing import Any

import hcl2
from s3_account import ACCOUNT
from setup_account import State

Properties = dict[str, Any]


class JsonText(dict[str, Any]):
    """What a text says that Terraform's jsonencode() makes."""


def filled_in(value: Any) -> Any:
    """Of CloudFormation: Fn::Sub, and lists of tags as objects."""
    if isinstance(value, list):
        return [filled_in(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Sub"}:
        text = value["Fn::Sub"].replace("${AWS::AccountId}", ACCOUNT)
        assert "${" not in text, text
        return text
    made = {name: filled_in(one) for name, one in value.items()}
    if "Tags" in made:
        made["Tags"] = {tag["Key"]: tag["Value"] for tag in made["Tags"]}
    return made


def from_cloudformation(text: str, region: str) -> State:
    resources = json.loads(text)["Resources"]
    for resource in resources.values():
        for name in resource.get("DependsOn", []):
            assert name in resources, f"{name} is needed, but not there"
    state: State = {}
    for kind in ("Queue", "QueuePolicy", "Bucket", "BucketPolicy", "Rule", "FlowLog",
                 "DeliverySource", "DeliveryDestination", "Delivery"):  # fmt: skip
        for resource in resources.values():
            if resource["Type"].rpartition("::")[2] == kind:
                _add_cloudformation(kind, resource["Properties"], resources, region, state)
    return state


def _add_cloudformation(
    kind: str, raw: Properties, resources: Properties, region: str, state: State
) -> None:
    own = filled_in(raw)
    if kind == "Queue":
        name, tags = own.pop("QueueName"), own.pop("Tags")
        state[f"queue {name} {region}"] = {"tags": tags, **own}
    elif kind == "QueuePolicy":
        for queue in own["Queues"]:
            name = resources[queue["Ref"]]["Properties"]["QueueName"]
            state[f"queue {name} {region}"]["Policy"] = own["PolicyDocument"]
    elif kind == "Bucket":
        rules = own["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        queues = [
            {"Queue": one["Queue"], "Event": one["Event"],
             "Rules": one["Filter"]["S3Key"]["Rules"]}
            for one in own["NotificationConfiguration"]["QueueConfigurations"]
        ]  # fmt: skip
        name = own["BucketName"]
        state[f"bucket {name} {region}"] = {
            "tags": own["Tags"], "policy": None,
            "encryption": [rule["ServerSideEncryptionByDefault"] for rule in rules],
            "public access": own["PublicAccessBlockConfiguration"],
        }  # fmt: skip
        state[f"notification {name} {region}"] = {"queues": queues}
    elif kind == "BucketPolicy":
        state[f"bucket {own['Bucket']} {region}"]["policy"] = own["PolicyDocument"]
    elif kind == "Rule":
        state[f"rule {own['Name']} {region}"] = {
            "pattern": own["EventPattern"], "state": own["State"], "tags": own["Tags"],
            "description": own["Description"], "targets": own["Targets"],
        }  # fmt: skip
    elif kind == "FlowLog":
        assert own.pop("ResourceType") == "VPC"
        tags, vpc = own.pop("Tags"), own.pop("ResourceId")
        state[f"flow log {vpc} {region}"] = {"tags": tags, **own}
    else:
        name = own.pop("DeliverySourceName" if kind == "Delivery" else "Name")
        state[f"{kind} {name}"] = {"tags": own.pop("Tags"), **own}


class Terraform:
    """A file of it: its resources by "type.name", their texts filled in."""

    def __init__(self, text: str) -> None:
        parsed = hcl2.loads(text)
        self.resources: dict[str, Properties] = {}
        self.regions = {p['"aws"']["alias"].strip('"'): p['"aws"']["region"].strip('"')
                        for p in parsed["provider"]}  # fmt: skip
        for one in parsed["resource"]:
            ((kind, named),) = one.items()
            ((name, body),) = named.items()
            key = f"{kind}.{name}".replace('"', "")
            assert key not in self.resources, f"{key} is there twice"
            self.resources[key] = body
        for key, body in list(self.resources.items()):
            needs = body.pop("depends_on", [])
            assert all(self._named(one) in self.resources for one in needs), (key, needs)
            self.resources[key] = self._value(body)

    def region(self, body: Properties) -> str:
        return self.regions[body["provider"].removeprefix("aws.")]

    def of_kind(self, kind: str) -> list[Properties]:
        return [body for key, body in self.resources.items() if key.startswith(kind + ".")]

    @staticmethod
    def _named(reference: str) -> str:
        return ".".join(reference.removeprefix("${").removesuffix("}").split(".")[:2])

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(one) for one in value]
        if isinstance(value, dict):
            return {name.strip('"'): self._value(one) for name, one in value.items()
                    if name != "__is_block__"}  # fmt: skip
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        if text.startswith('"'):
            whole = text[1:-1].replace("${data.aws_caller_identity.current.account_id}", ACCOUNT)
            assert not re.search(r"(?<!\$)\$\{", whole), whole
            return json.loads(f'"{whole}"').replace("$${", "${").replace("%%{", "%{")
        inner = text.removeprefix("${").removesuffix("}")
        if inner.startswith("jsonencode("):
            document = inner.removeprefix("jsonencode(").removesuffix(")")
            return JsonText(self._value(hcl2.loads(f"x = {document}\n")["x"]))
        if inner.startswith("aws."):
            return inner
        body = self.resources[self._named(text)]
        argument = {"id": "bucket", "name": "name"}[inner.rpartition(".")[2]]
        return self._text(body[argument]) if body[argument].startswith('"') else body[argument]

    def state(self) -> State:
        state: State = {}
        self._add_queues_and_rules(state)
        self._add_buckets(state)
        for log in self.of_kind("aws_flow_log"):
            state[f"flow log {log['vpc_id']} {self.region(log)}"] = {
                "tags": log["tags"], "TrafficType": log["traffic_type"],
                "LogDestination": log["log_destination"],
                "LogDestinationType": log["log_destination_type"],
                "MaxAggregationInterval": log["max_aggregation_interval"],
            }  # fmt: skip
        for one in self.of_kind("aws_cloudwatch_log_delivery_source"):
            state[f"DeliverySource {one['name']}"] = {
                "tags": one["tags"], "LogType": one["log_type"], "ResourceArn": one["resource_arn"],
            }  # fmt: skip
        for one in self.of_kind("aws_cloudwatch_log_delivery_destination"):
            (to,) = one["delivery_destination_configuration"]
            state[f"DeliveryDestination {one['name']}"] = {
                "tags": one["tags"], "OutputFormat": one["output_format"],
                "DestinationResourceArn": to["destination_resource_arn"],
            }  # fmt: skip
        for one in self.of_kind("aws_cloudwatch_log_delivery"):
            state[f"Delivery {one['delivery_source_name']}"] = {
                "tags": one["tags"], "DeliveryDestinationArn": one["delivery_destination_arn"],
            }  # fmt: skip
        return state

    def _add_queues_and_rules(self, state: State) -> None:
        attributes = {
            "fifo_queue": "FifoQueue", "content_based_deduplication": "ContentBasedDeduplication",
            "message_retention_seconds": "MessageRetentionPeriod", "policy": "Policy",
            "sqs_managed_sse_enabled": "SqsManagedSseEnabled", "redrive_policy": "RedrivePolicy",
            "tags": "tags",
        }  # fmt: skip
        for queue in self.of_kind("aws_sqs_queue"):
            assert set(queue) <= {*attributes, "name", "provider"}, queue
            state[f"queue {queue['name']} {self.region(queue)}"] = {
                attributes[name]: value for name, value in queue.items() if name in attributes
            }
        for rule in self.of_kind("aws_cloudwatch_event_rule"):
            state[f"rule {rule['name']} {self.region(rule)}"] = {
                "pattern": rule["event_pattern"], "state": rule["state"], "targets": [],
                "tags": rule["tags"], "description": rule["description"],
            }  # fmt: skip
        for target in self.of_kind("aws_cloudwatch_event_target"):
            made = {"Id": target["target_id"], "Arn": target["arn"]}
            for one in target.get("sqs_target", []):
                made["SqsParameters"] = {"MessageGroupId": one["message_group_id"]}
            for one in target["dead_letter_config"]:
                made["DeadLetterConfig"] = {"Arn": one["arn"]}
            state[f"rule {target['rule']} {self.region(target)}"]["targets"].append(made)

    def _add_buckets(self, state: State) -> None:
        def key(what: str, body: Properties) -> str:
            return f"{what} {body['bucket']} {self.region(body)}"

        for bucket in self.of_kind("aws_s3_bucket"):
            state[key("bucket", bucket)] = {"tags": bucket["tags"], "policy": None}
        for policy in self.of_kind("aws_s3_bucket_policy"):
            state[key("bucket", policy)]["policy"] = policy["policy"]
        for block in self.of_kind("aws_s3_bucket_public_access_block"):
            state[key("bucket", block)]["public access"] = {
                "".join(word.capitalize() for word in name.split("_")): value
                for name, value in block.items() if name not in ("bucket", "provider")
            }  # fmt: skip
        for one in self.of_kind("aws_s3_bucket_server_side_encryption_configuration"):
            state[key("bucket", one)]["encryption"] = [
                {"SSEAlgorithm": by_default["sse_algorithm"]}
                for rule in one["rule"]
                for by_default in rule["apply_server_side_encryption_by_default"]
            ]
        for one in self.of_kind("aws_s3_bucket_notification"):
            state[key("notification", one)] = {"queues": [
                {"Queue": queue["queue_arn"], "Event": event,
                 "Rules": [{"Name": "prefix", "Value": queue["filter_prefix"]}]}
                for queue in one["queue"] for event in queue["events"]
            ]}  # fmt: skip
