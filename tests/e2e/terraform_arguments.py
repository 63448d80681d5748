"""What the provider hashicorp/aws takes in the resources that `aws-collector setup export` writes:
their arguments by its documents, https://registry.terraform.io/providers/hashicorp/aws/latest/docs,
without those that another one replaces (`is_enabled`) or forbids beside itself (`name_prefix`)."""

from __future__ import annotations

from typing import Any

from setup_templates import JsonText

_BUCKET = {"bucket!"}
_ARGUMENTS = {
    "aws_sqs_queue": {
        "name!", "fifo_queue", "content_based_deduplication", "deduplication_scope",
        "fifo_throughput_limit", "delay_seconds", "max_message_size", "message_retention_seconds",
        "receive_wait_time_seconds", "visibility_timeout_seconds", "redrive_policy~",
        "redrive_allow_policy~", "policy~", "kms_master_key_id",
        "kms_data_key_reuse_period_seconds", "sqs_managed_sse_enabled", "tags%",
    },
    "aws_cloudwatch_event_rule": {
        "name!", "description", "event_bus_name", "event_pattern!~", "role_arn", "state",
        "force_destroy", "tags%",
    },
    "aws_cloudwatch_event_target": {
        "rule!", "arn!", "target_id", "event_bus_name", "role_arn", "input", "input_path",
        "force_destroy", "sqs_target{", "dead_letter_config{", "retry_policy{",
        "input_transformer{",
    },
    "aws_cloudwatch_event_target.sqs_target": {"message_group_id"},
    "aws_cloudwatch_event_target.dead_letter_config": {"arn"},
    "aws_s3_bucket": {"bucket!", "force_destroy", "object_lock_enabled", "tags%"},
    "aws_s3_bucket_policy": _BUCKET | {"policy!~"},
    "aws_s3_bucket_public_access_block": _BUCKET | {
        "block_public_acls", "block_public_policy", "ignore_public_acls",
        "restrict_public_buckets",
    },
    "aws_s3_bucket_server_side_encryption_configuration": _BUCKET | {
        "expected_bucket_owner", "rule!{",
    },
    "aws_s3_bucket_server_side_encryption_configuration.rule": {
        "apply_server_side_encryption_by_default{", "bucket_key_enabled",
    },
    "aws_s3_bucket_server_side_encryption_configuration.rule."
    "apply_server_side_encryption_by_default": {"sse_algorithm!", "kms_master_key_id"},
    "aws_s3_bucket_notification": _BUCKET | {
        "eventbridge", "lambda_function{", "queue{", "topic{",
    },
    "aws_s3_bucket_notification.queue": {
        "queue_arn!", "events!*", "id", "filter_prefix", "filter_suffix",
    },
    "aws_flow_log": {
        "traffic_type!", "vpc_id!", "log_destination_type", "log_destination", "log_format",
        "iam_role_arn", "max_aggregation_interval", "destination_options{", "tags%",
    },
    "aws_cloudwatch_log_delivery_source": {"name!", "log_type!", "resource_arn!", "tags%"},
    "aws_cloudwatch_log_delivery_destination": {
        "name!", "output_format", "delivery_destination_configuration!{", "tags%",
    },
    "aws_cloudwatch_log_delivery_destination.delivery_destination_configuration": {
        "destination_resource_arn!",
    },
    "aws_cloudwatch_log_delivery": {
        "delivery_source_name!", "delivery_destination_arn!", "field_delimiter", "record_fields*",
        "s3_delivery_configuration*", "tags%",
    },
}  # fmt: skip
_OF_TERRAFORM = {"provider", "depends_on"}
# After a name: `!` where it has to be there, and its form, which else is a number, text or switch.
_FORMS = {"{": "blocks", "*": "a list", "%": "a map", "~": "a text of JSON"}


def _form(value: Any) -> str:
    if isinstance(value, JsonText):
        return "a text of JSON"
    if isinstance(value, dict):
        return "a map"
    if not isinstance(value, list):
        return "one value"
    return "blocks" if any(isinstance(one, dict) for one in value) else "a list"


def faults(kind: str, body: dict[str, Any]) -> list[str]:
    """What the provider would refuse in a resource, or in a block of one."""
    if kind not in _ARGUMENTS:
        return [f"{kind} is unknown"]
    known = {name.rstrip("!{*%~"): name for name in _ARGUMENTS[kind]}
    found = [f"{kind} lacks {name}" for name, marked in known.items()
             if "!" in marked and name not in body]  # fmt: skip
    for name, value in body.items():
        if name not in known:
            if "." in kind or name not in _OF_TERRAFORM:
                found.append(f"{kind}.{name} is unknown")
            continue
        wanted = _FORMS.get(known[name][-1], "one value")
        if _form(value) != wanted:
            found.append(f"{kind}.{name} is {_form(value)}; expected {wanted}")
        elif wanted == "blocks":
            for block in value:
                found += faults(f"{kind}.{name}", block)
    return found
