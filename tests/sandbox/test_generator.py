"""The records that the sandbox makes up."""

from __future__ import annotations

import json

from sandbox.generator import generate

ACCOUNT, START = "123456789012", 1_790_000_000


def texts(count: int = 1000, seed: int | None = 1, region: str = "eu-west-1") -> list[str]:
    return [text for _, text, _ in generate(ACCOUNT, region, count, START, START + 600, seed)]


def test_the_same_seed_makes_the_same_records_and_another_region_others() -> None:
    assert texts() == texts()
    ids = [json.loads(t)["eventID"] for t in texts() + texts(seed=2) + texts(region="us-east-1")]
    assert len(set(ids)) == 3000
    assert texts(seed=None) != texts(seed=None)


def test_records_have_what_every_cloudtrail_record_has() -> None:
    needed = {"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion",
              "sourceIPAddress", "userAgent", "requestParameters", "responseElements", "requestID",
              "eventID", "eventType", "recipientAccountId", "eventCategory"}  # fmt: skip
    for when, text, _ in generate(ACCOUNT, "eu-west-1", 500, START, START + 600, 7):
        record = json.loads(text)
        assert needed <= record.keys()
        assert START <= when < START + 600
        assert record["awsRegion"] == "eu-west-1"
        assert not [key for key in record if key.startswith("_")]


def test_records_are_as_big_as_real_ones_and_stay_on_one_line() -> None:
    sizes = sorted(len(text.encode()) for text in texts())
    assert 500 < sizes[0] < 1000 < sizes[500] < 2000 < sizes[-1] < 4500
    assert not [text for text in texts() if "\n" in text or "\r" in text]


def test_records_are_hard_on_a_reader() -> None:
    everything = "\n".join(texts())
    for hard in ("\\\\", '\\"', "\\n", "\\/", "\\u003c", "\\ud83d", "🚀", "\u2028", "佐藤",
                 "3.6E3", ":null", '\\"Version\\"'):  # fmt: skip
        assert hard in everything, hard
    changed = [
        text for text in texts()
        if json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) != text
    ]  # fmt: skip
    assert len(changed) > 200  # parsing and writing again would not keep the bytes


def test_identities_are_of_many_kinds() -> None:
    kinds = {json.loads(text)["userIdentity"].get("type") for text in texts()}
    assert kinds == {"AssumedRole", "IAMUser", "Root", "AWSService", "AWSAccount", "FederatedUser",
                     "WebIdentityUser", "IdentityCenterUser", None}  # fmt: skip
