"""The check of signatures and permissions is moto's own; LookupEvents passes through it too."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError


def refusal(call: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as failure:
        call()
    response = failure.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_good_signature_is_accepted(unlimited: Any, client: Any) -> None:
    assert client("cloudtrail").lookup_events()["Events"] == []
    assert client("sts").get_caller_identity()["Account"] == "123456789012"
    assert client("cloudtrail", region="cn-north-1").lookup_events()["Events"] == []
    assert client("cloudtrail", region="us-gov-west-1").lookup_events()["Events"] == []


def test_a_wrong_secret_is_refused(unlimited: Any, client: Any) -> None:
    wrong = client("cloudtrail", secret="x" * 40)
    assert refusal(wrong.lookup_events) == (400, "InvalidSignatureException")
    wrong = client("sts", secret="x" * 40)
    assert refusal(wrong.get_caller_identity) == (403, "SignatureDoesNotMatch")


def test_an_unknown_key_is_refused(unlimited: Any, client: Any) -> None:
    unknown = client("cloudtrail", key="AKIAUNKNOWN000000000")
    assert refusal(unknown.lookup_events) == (400, "UnrecognizedClientException")


def test_an_action_that_no_policy_allows_is_denied(unlimited: Any, client: Any) -> None:
    assert refusal(client("cloudtrail", user="nobody").lookup_events) == (
        400,
        "AccessDeniedException",
    )
    assert refusal(client("sqs").list_queues)[0] in (400, 403)


def test_a_region_that_does_not_exist_is_refused(unlimited: Any, client: Any) -> None:
    nowhere = client("cloudtrail", region="eu-west-99")
    assert refusal(nowhere.lookup_events) == (400, "InvalidSignatureException")


def test_session_credentials_are_checked(unlimited: Any, client: Any) -> None:
    import json

    iam = client("iam", user="admin")
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Principal": {"AWS": "*"}}]}  # fmt: skip
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(policy))
    policy["Statement"] = [{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}]
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps(policy))
    role = client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="x"
    )["Credentials"]
    given = {"key": role["AccessKeyId"], "secret": role["SecretAccessKey"]}
    good = client("cloudtrail", **given, token=role["SessionToken"])
    assert good.lookup_events()["Events"] == []
    wrong = client("cloudtrail", **given, token="another token")
    assert refusal(wrong.lookup_events) == (400, "UnrecognizedClientException")


def test_an_unsigned_call_is_refused(unlimited: Any) -> None:
    place = urlsplit(unlimited.aws_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
    connection.request("POST", "/", "{}", {"X-Amz-Target": target})
    response = connection.getresponse()
    assert response.status == 400
    assert b"MissingAuthenticationTokenException" in response.read()
    connection.close()


def test_the_check_can_be_switched_off_and_on(unlimited: Any, client: Any) -> None:
    wrong = client("cloudtrail", secret="x" * 40)
    unlimited.check_signatures(False)
    assert wrong.lookup_events()["Events"] == []
    unlimited.check_signatures(True)
    assert refusal(wrong.lookup_events) == (400, "InvalidSignatureException")


def test_motos_own_switch_works_too(unlimited: Any, client: Any) -> None:
    import urllib.request

    wrong = client("cloudtrail", secret="x" * 40)
    for count, accepted in (("inf", True), ("0", False)):
        urllib.request.urlopen(
            urllib.request.Request(
                f"{unlimited.aws_url}/moto-api/reset-auth",
                count.encode(),
                {"Content-Type": "text/plain"},
            )
        )
        if accepted:
            assert wrong.lookup_events()["Events"] == []
        else:
            assert refusal(wrong.lookup_events)[0] == 400


def test_failed_checks_can_come_as_xml_to_a_json_service(unlimited: Any, client: Any) -> None:
    unlimited.moto_errors(True)
    with pytest.raises(ClientError) as failure:
        client("cloudtrail", user="nobody").lookup_events()
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "<Code>AccessDenied</Code>" in failure.value.response["Error"]["Message"]


def test_a_web_identity_needs_no_signature(unlimited: Any) -> None:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    sts = boto3.client(
        "sts", region_name="us-east-1", endpoint_url=unlimited.aws_url,
        config=Config(signature_version=UNSIGNED),
    )  # fmt: skip
    answer = sts.assume_role_with_web_identity(
        RoleArn="arn:aws:iam::123456789012:role/web",
        RoleSessionName="web",
        WebIdentityToken="t" * 9,
    )
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_the_aws_side_speaks_https_too(unlimited: Any) -> None:
    import boto3

    key, secret = unlimited.credentials()
    sts = boto3.client(
        "sts", region_name="us-east-1", endpoint_url=unlimited.aws_https_url,
        verify=unlimited.certificates["chain"], aws_access_key_id=key,
        aws_secret_access_key=secret,
    )  # fmt: skip
    assert sts.get_caller_identity()["Account"] == "123456789012"


def test_the_users_outlive_motos_reset(unlimited: Any, client: Any) -> None:
    import urllib.request

    request = urllib.request.Request(f"{unlimited.aws_url}/moto-api/reset", b"", method="POST")
    urllib.request.urlopen(request)
    assert client("cloudtrail").lookup_events()["Events"] == []
