"""Makes CloudTrail records as AWS writes them, from a seed.

Who: `control.py` for seeding. Pure: the same arguments give the same records.

They are meant to be hard on a reader: several kinds of identity, nulls, policy documents whose
newlines and quotes are escaped twice, Windows paths, text in many scripts, escapes (\\u003c, \\/)
and numbers (1.0, 1E3) that change when a document is parsed and written again.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]

_VERSIONS = ("1.08", "1.08", "1.09", "1.10", "1.11")
_PEOPLE = ("alice", "bob.o'neil", "Jürgen Müller", "佐藤 花子", "Łukasz", "مريم", "deploy-bot",
           "terraform", "ci \"nightly\"", "Zoë 🚀", "back\\slash")  # fmt: skip
_ROLES = ("AdministratorAccess", "ReadOnly", "DeployRole", "AWSServiceRoleForAutoScaling",
          "ecsTaskExecutionRole", "Überwachung")  # fmt: skip
_AGENTS = (
    "console.amazonaws.com",
    "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.0-28-amd64 "
    "md/arch#x86_64 lang/python#3.11.8",
    "Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/windows#10 exec-env/C:\\Python311\\python.exe",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.2 (+https://www.terraform.io) "
    "terraform-provider-aws/5.58.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36",
    'Mozilla/5.0 ("quoted"; <b>bold</b>) \u2028 line separator',
)
_ADDRESSES = ("203.0.113.24", "198.51.100.7", "2001:db8:85a3::8a2e:370:7334", "192.0.2.146",
              "10.20.30.40")  # fmt: skip
_PERSONS = ("AssumedRole",) * 9 + ("IAMUser",) * 5 + (
    "Root", "FederatedUser", "WebIdentityUser", "IdentityCenterUser")  # fmt: skip
_SERVICES = ("AWSService",) * 3 + ("AWSAccount",)
_POLICY = ('{\n    "Version": "2012-10-17",\n    "Statement": [\n        {\n            '
           '"Effect": "Allow",\n            "Action": [\n                "s3:GetObject",\n'
           '                "s3:PutObject"\n            ],\n            "Resource": '
           '"arn:aws:s3:::example-bucket/${aws:username}/*"\n        }\n    ]\n}')  # fmt: skip


class _Maker:
    """The dice and the place; one for each call of `generate`."""

    def __init__(self, account: str, region: str, seed: int | None) -> None:
        self.dice = random.Random(None if seed is None else f"{account} {region} {seed}")
        self.account, self.region = account, region
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        start = region[:6] if region.startswith("us-gov") else region[:2]
        self.arn = f"arn:{partition.get(start, 'aws')}"

    def hex(self, digits: int) -> str:
        return f"{self.dice.getrandbits(4 * digits):0{digits}x}"

    def code(self, prefix: str, length: int) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        return prefix + "".join(self.dice.choices(letters, k=length - len(prefix)))

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))


def _identity(m: _Maker, when: int, kinds: tuple[str, ...]) -> Record:
    person, role = m.dice.choice(_PEOPLE), m.dice.choice(_ROLES)
    created = _iso(when - m.dice.randrange(60, 3600))
    kind = m.dice.choice(kinds)
    if kind == "AWSService":
        names = ("autoscaling", "cloudtrail", "ecs-tasks", "config")
        return {"type": kind, "invokedBy": f"{m.dice.choice(names)}.amazonaws.com"}
    if kind == "AWSAccount":
        return {"type": kind, "principalId": m.code("AIDA", 21), "accountId": "210987654321"}
    if kind == "FederatedUser":
        return {"type": kind, "principalId": f"{m.account}:{person}",
                "arn": f"{m.arn}:sts::{m.account}:federated-user/{person}",
                "accountId": m.account, "accessKeyId": m.code("ASIA", 20)}  # fmt: skip
    if kind == "WebIdentityUser":
        issuer = "arn:aws:iam::oidc-provider/token.actions.githubusercontent.com"
        subject = f"repo:example/{m.dice.choice(('app', 'infra'))}:ref:refs/heads/main"
        return {"type": kind, "principalId": f"{issuer}:sts.amazonaws.com:{subject}",
                "userName": subject, "identityProvider": issuer}  # fmt: skip
    if kind == "IdentityCenterUser":
        return {"type": kind, "accountId": m.account,
                "onBehalfOf": {"userId": m.uuid(), "identityStoreArn":
                               f"{m.arn}:identitystore::{m.account}:identitystore/d-{m.hex(10)}"},
                "credentialId": m.hex(40)}  # fmt: skip
    if kind == "Root":
        return {"type": kind, "principalId": m.account, "arn": f"{m.arn}:iam::{m.account}:root",
                "accountId": m.account, "accessKeyId": m.code("ASIA", 20),
                "sessionContext": {"sessionIssuer": {}, "webIdFederationData": {},
                                   "attributes": {"creationDate": created,
                                                  "mfaAuthenticated": "true"}}}  # fmt: skip
    if kind == "IAMUser":
        return {"type": kind, "principalId": m.code("AIDA", 21),
                "arn": f"{m.arn}:iam::{m.account}:user/{person}", "accountId": m.account,
                "accessKeyId": m.code("AKIA", 20), "userName": person}  # fmt: skip
    role_id = m.code("AROA", 21)
    issuer_arn = f"{m.arn}:iam::{m.account}:role/{role}"
    session = person.replace(" ", "") if m.dice.random() < 0.5 else f"i-0{m.hex(16)}"
    return {
        "type": kind, "principalId": f"{role_id}:{session}",
        "arn": f"{m.arn}:sts::{m.account}:assumed-role/{role}/{session}", "accountId": m.account,
        "accessKeyId": m.code("ASIA", 20),
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "principalId": role_id, "arn": issuer_arn,
                              "accountId": m.account, "userName": role},
            "webIdFederationData": {},
            "attributes": {"creationDate": created, "mfaAuthenticated": "false"}},
    }  # fmt: skip


def _describe_instances(m: _Maker) -> Record:
    filters = [{"name": "tag:Name", "valueSet": {"items": [{"value": m.dice.choice(_PEOPLE)}]}}]
    return {"eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "readOnly": True,
            "requestParameters": {"maxResults": 1000, "instancesSet": {},
                                  "filterSet": {"items": filters}},
            "responseElements": None}  # fmt: skip


def _run_instances(m: _Maker) -> Record:
    ids = [f"i-0{m.hex(16)}" for _ in range(m.dice.randint(1, 6))]
    items = [{"instanceId": i, "imageId": "ami-0123456789abcdef0", "instanceState":
              {"code": 0, "name": "pending"}, "privateDnsName": "ip-10-0-1-7.ec2.internal",
              "amiLaunchIndex": n, "productCodes": {}, "placement":
              {"availabilityZone": f"{m.region}a", "tenancy": "default"}}
             for n, i in enumerate(ids)]  # fmt: skip
    return {"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "readOnly": False,
            "requestParameters": {"instanceType": "t3.micro", "minCount": 1, "maxCount": len(ids),
                                  "userData": "<sensitiveDataRemoved>",
                                  "tagSpecificationSet": {"items": [
                                      {"resourceType": "instance",
                                       "tags": [{"key": "Name",
                                                 "value": m.dice.choice(_PEOPLE)}]}]}},
            "responseElements": {"requestId": m.uuid(), "reservationId": f"r-0{m.hex(16)}",
                                 "ownerId": m.account, "instancesSet": {"items": items}},
            "_resources": [("AWS::EC2::Instance", i) for i in ids]}  # fmt: skip


def _put_policy(m: _Maker) -> Record:
    role = m.dice.choice(_ROLES)
    return {"eventSource": "iam.amazonaws.com", "eventName": "PutRolePolicy", "readOnly": False,
            "_kinds": _PERSONS,
            "requestParameters": {"roleName": role, "policyName": "inline \"policy\"",
                                  "policyDocument": _POLICY},
            "responseElements": None,
            "_resources": [("AWS::IAM::Role", role), ("AWS::IAM::Policy", None)]}  # fmt: skip


def _console_login(m: _Maker) -> Record:
    good = m.dice.random() < 0.8
    record: Record = {
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "readOnly": False,
        "_kinds": ("IAMUser", "IAMUser", "Root", "AssumedRole"),
        "eventType": "AwsConsoleSignIn", "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success" if good else "Failure"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true",
            "MobileVersion": "No", "MFAUsed": "Yes" if good else "No"}}  # fmt: skip
    if not good:
        record["errorMessage"] = "Failed authentication"
    return record


def _assume_role(m: _Maker) -> Record:
    role = f"{m.arn}:iam::{m.account}:role/{m.dice.choice(_ROLES)}"
    key = m.code("ASIA", 20)
    return {"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "readOnly": True,
            "requestParameters": {"roleArn": role, "roleSessionName": f"session-{m.hex(8)}",
                                  "durationSeconds": 3600, "externalId": m.hex(24)},
            "responseElements": {"credentials": {"accessKeyId": key,
                                                 "sessionToken": m.code("IQoJ", 300),
                                                 "expiration": "Jan 1, 2030, 10:15:00 AM"},
                                 "assumedRoleUser": {"assumedRoleId": m.code("AROA", 21),
                                                     "arn": role.replace(":role/",
                                                                         ":assumed-role/")}},
            "resources": [{"accountId": m.account, "type": "AWS::IAM::Role", "ARN": role}],
            "_resources": [("AWS::IAM::Role", role), ("AWS::IAM::AccessKey", key)]}  # fmt: skip


def _create_bucket(m: _Maker) -> Record:
    bucket = f"logs-{m.hex(12)}"
    return {"eventSource": "s3.amazonaws.com", "eventName": "CreateBucket", "readOnly": False,
            "_kinds": _PERSONS,
            "requestParameters": {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com",
                                  "CreateBucketConfiguration":
                                      {"LocationConstraint": m.region,
                                       "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}},
            "responseElements": None,
            "additionalEventData": {"SignatureVersion": "SigV4", "bytesTransferredIn": 157.0,
                                    "CipherSuite": "TLS_AES_128_GCM_SHA256",
                                    "AuthenticationMethod": "AuthHeader",
                                    "x-amz-id-2": m.code("", 76), "bytesTransferredOut": 0.0},
            "_resources": [("AWS::S3::Bucket", bucket)]}  # fmt: skip


def _send_command(m: _Maker) -> Record:
    commands = ["cd C:\\Windows\\System32", 'echo "grüße" > C:\\temp\\a.txt', "a\tb\r\nc"]
    return {"eventSource": "ssm.amazonaws.com", "eventName": "SendCommand", "readOnly": False,
            "_kinds": _PERSONS,
            "requestParameters": {"documentName": "AWS-RunPowerShellScript", "timeoutSeconds": 600,
                                  "parameters": {"commands": commands},
                                  "instanceIds": [f"i-0{m.hex(16)}"], "interactive": False},
            "responseElements": {"command": {"commandId": m.uuid(), "status": "Pending",
                                             "requestedDateTime": "Jun 1, 2026 9:00:00 AM",
                                             "targetCount": 1, "comment": ""}}}  # fmt: skip


def _decrypt(m: _Maker) -> Record:
    key = f"{m.arn}:kms:{m.region}:{m.account}:key/{m.uuid()}"
    return {"eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "readOnly": True,
            "requestParameters": {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext":
                                  {"aws:cloudtrail:arn":
                                   f"{m.arn}:cloudtrail:{m.region}:{m.account}:trail/main"}},
            "responseElements": None,
            "resources": [{"accountId": m.account, "type": "AWS::KMS::Key", "ARN": key}],
            "_resources": [("AWS::KMS::Key", key)]}  # fmt: skip


def _denied(m: _Maker) -> Record:
    action = m.dice.choice(("s3:ListAllMyBuckets", "ec2:TerminateInstances", "iam:ListUsers"))
    service, _, name = action.partition(":")
    return {"eventSource": f"{service}.amazonaws.com", "eventName": name,
            "readOnly": "List" in name, "_kinds": ("AssumedRole", "IAMUser", "FederatedUser"),
            "errorCode": "AccessDenied" if service != "ec2" else "Client.UnauthorizedOperation",
            "errorMessage": f"User: {m.arn}:iam::{m.account}:user/bob is not authorized to "
                            f"perform: {action} because no identity-based policy allows the "
                            f"{action} action",
            "requestParameters": None, "responseElements": None}  # fmt: skip


def _service_event(m: _Maker) -> Record:
    return {"eventSource": "kms.amazonaws.com", "eventName": "RotateKey", "readOnly": False,
            "eventType": "AwsServiceEvent", "requestParameters": None, "responseElements": None,
            "resources": [{"ARN": f"{m.arn}:kms:{m.region}:{m.account}:key/{m.uuid()}",
                           "accountId": m.account, "type": "AWS::KMS::Key"}],
            "serviceEventDetails": {"keyId": m.uuid()}}  # fmt: skip


def _create_rule(m: _Maker) -> Record:
    group = f"sg-0{m.hex(16)}"
    ranges = [{"cidrIp": f"10.{n}.0.0/16", "description": m.dice.choice(_PEOPLE)}
              for n in range(m.dice.randint(1, 20))]  # fmt: skip
    return {"eventSource": "ec2.amazonaws.com", "eventName": "AuthorizeSecurityGroupIngress",
            "readOnly": False,
            "requestParameters": {"groupId": group, "ipPermissions": {"items": [
                {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "groups": {},
                 "ipRanges": {"items": ranges}, "ipv6Ranges": {}, "prefixListIds": {}}]}},
            "responseElements": {"requestId": m.uuid(), "_return": True},
            "_resources": [("AWS::EC2::SecurityGroup", group)]}  # fmt: skip


_MAKERS: tuple[Callable[[_Maker], Record], ...] = (
    _describe_instances, _describe_instances, _run_instances, _put_policy, _console_login,
    _assume_role, _assume_role, _create_bucket, _send_command, _decrypt, _denied, _service_event,
    _create_rule)  # fmt: skip


def _iso(when: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))


def _record(m: _Maker, when: int) -> tuple[str, list[dict[str, Any]]]:
    """One record's text and the resources that the event history names for it."""
    body = m.dice.choice(_MAKERS)(m)
    resources = [{"ResourceType": t, "ResourceName": n} for t, n in body.pop("_resources", [])]
    kinds = body.pop("_kinds", _PERSONS + _SERVICES)
    identity = _identity(m, when, kinds)
    if body.get("eventType") == "AwsServiceEvent":
        identity = {"accountId": m.account, "invokedBy": body["eventSource"]}
    record: Record = {
        "eventVersion": m.dice.choice(_VERSIONS),
        "userIdentity": identity,
        "eventTime": _iso(when),
        "eventSource": body.pop("eventSource"),
        "eventName": body.pop("eventName"),
        "awsRegion": m.region,
        "sourceIPAddress": identity.get("invokedBy") or m.dice.choice(_ADDRESSES),
        "userAgent": identity.get("invokedBy") or m.dice.choice(_AGENTS),
    }
    event_type = body.pop("eventType", "AwsApiCall")
    record |= body
    record |= {
        "requestID": m.uuid(),
        "eventID": m.uuid(),
        "eventType": event_type,
        "managementEvent": True,
        "recipientAccountId": m.account,
        "eventCategory": "Management",
    }
    if m.dice.random() < 0.5:
        record["tlsDetails"] = {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{record['eventSource'].split('.')[0]}.{m.region}"
            ".amazonaws.com",
        }
    return _write(m, record), resources


def _write(m: _Maker, record: Record) -> str:
    """Writes JSON in one of the manners in which the services do."""
    manner = m.dice.random()
    text = json.dumps(record, ensure_ascii=manner < 0.2, separators=(",", ":"))
    if 0.2 <= manner < 0.3:
        text = text.replace("/", "\\/")
    elif 0.3 <= manner < 0.4:
        text = text.replace("<", "\\u003c").replace(">", "\\u003E").replace("&", "\\u0026")
    elif 0.4 <= manner < 0.45:
        text = text.replace(":3600,", ":3.6E3,").replace(":1000,", ":1000.0,")
    return text


def generate(
    account: str, region: str, count: int, start: int, end: int, seed: int | None = None
) -> list[tuple[int, str, list[dict[str, Any]]]]:
    """`count` records with times in [start, end), epoch seconds: (time, text, resources).

    Times are whole seconds, as CloudTrail's are; several records share one.
    """
    if end <= start:
        raise ValueError("end should be after start")
    m = _Maker(account, region, seed)
    made = []
    for _ in range(count):
        when = m.dice.randrange(start, end)
        text, resources = _record(m, when)
        made.append((when, text, resources))
    return made
