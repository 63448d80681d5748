"""The users of the sandbox's AWS account and their keys, which are the same in every sandbox.

Who: `aws_front.py` creates them in moto when it has loaded; `server.py` writes them into
sandbox.json. Threads: `create_users` is called once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

PARTITIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(frozen=True)
class User:
    """An IAM user, its only key, and the actions it may do."""

    name: str
    access_key_id: str
    secret_access_key: str
    actions: tuple[str, ...]


# What the collector calls. Kept narrow, so that a call that nobody thought of shows as denied.
_COLLECTOR_ACTIONS = (
    "cloudtrail:LookupEvents",
    "sts:GetCallerIdentity",
    "sts:AssumeRole",
    "ec2:DescribeRegions",
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibility",
    "sqs:ChangeMessageVisibilityBatch",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "monitoring:ListMetrics",
    "monitoring:GetMetricData",
    "cloudwatch:ListMetrics",
    "cloudwatch:GetMetricData",
)

COLLECTOR = User(
    "collector", "AKIASANDBOXCOLLECT01", "collector/secret+of+the+sandbox/00000001",
    _COLLECTOR_ACTIONS,
)  # fmt: skip
ADMIN = User("admin", "AKIASANDBOXADMIN0001", "admin/secret+of+the+sandbox/000000000001", ("*",))
NOBODY = User("nobody", "AKIASANDBOXNOBODY001", "nobody/secret+of+the+sandbox/00000000001", ())
USERS = (COLLECTOR, ADMIN, NOBODY)


def create_users(account: str) -> None:
    """Creates the users in moto's IAM, in every partition, with the keys above."""
    from moto.iam.models import iam_backends

    for partition, region in PARTITIONS.items():
        backend = iam_backends[account][partition]
        for user in USERS:
            backend.create_user(region, user.name)
            key = backend.create_access_key(user.name)
            del backend.access_keys[key.access_key_id]
            key.access_key_id, key.secret_access_key = user.access_key_id, user.secret_access_key
            backend.access_keys[key.access_key_id] = key
            if user.actions:
                backend.put_user_policy(user.name, "sandbox", _policy(user.actions))


def _policy(actions: tuple[str, ...]) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
