"""Deploys `template.yaml` into the emulator with `sam deploy`, as a team would into AWS.

What the emulator cannot create is left out by the template's own parameters,
and is listed in `LEFT_OUT` by name; nothing is removed from the template.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
STACK = "trailward"
LOG_GROUP = "cloudtrail-org"
TRAIL_BUCKET = "trailward-test-trail"
TRAIL_NAME = "org-security-trail"
FUNCTIONS = {
    "log-batch": "LogBatchFunctionName",
    "event-bus": "EventBusFunctionName",
    "weekly-report": "WeeklyReportFunctionName",
}

# Resource types that the emulator's CloudFormation does not know, with the
# parameter that leaves them out and where they are checked instead.
LEFT_OUT = {
    "AWS::CloudTrail::Trail": "TrailSource=existing; the trail is created through its API",
    "AWS::Athena::NamedQuery": "SavedQueries=no; parsed and executed by the template's tests",
    "AWS::Logs::QueryDefinition": "SavedQueries=no; read by the template's tests",
}

PARAMETERS = {
    "Architecture": "x86_64",
    "TrailSource": "existing",
    "TrailName": TRAIL_NAME,
    "TrailBucketName": TRAIL_BUCKET,
    "TrailLogGroupName": LOG_GROUP,
    "AlertEmail": "security@example.com",
    "CisOrganizations": "yes",
    "SavedQueries": "no",
}


class DeployFailed(Exception):
    """`sam deploy` failed; the message holds the end of what it printed."""


def prepare(emulator: Emulator) -> None:
    """What exists before Trailward does: the trail, its bucket and its log group."""
    emulator.client("s3").create_bucket(Bucket=TRAIL_BUCKET)
    emulator.client("s3").create_bucket(Bucket="trailward-test-artifacts")
    emulator.client("logs").create_log_group(logGroupName=LOG_GROUP)
    emulator.client("cloudtrail").create_trail(
        Name=TRAIL_NAME, S3BucketName=TRAIL_BUCKET, IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
    )
    emulator.client("cloudtrail").start_logging(Name=TRAIL_NAME)


def deploy(emulator: Emulator, build: Path | None = None, **overrides: str) -> dict[str, str]:
    """Runs `sam deploy` and returns the stack's outputs.

    `build` is the folder with one `NAME/bootstrap` per function; the
    project's `build/` unless told otherwise.
    """
    template = ROOT / "template.yaml"
    if build is not None:
        # SAM finds the code beside the template.
        template = build.parent / "template.yaml"
        template.write_text((ROOT / "template.yaml").read_text())
    parameters = PARAMETERS | overrides
    command = [
        Path(sys.executable).with_name("sam"), "deploy",
        "--template-file", template,
        "--stack-name", STACK,
        "--s3-bucket", "trailward-test-artifacts",
        "--capabilities", "CAPABILITY_NAMED_IAM",
        "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
        # A team's own samconfig.toml must not leak into the tests.
        "--config-file", emulator.write("samconfig.toml", "version = 0.1\n"),
        "--parameter-overrides", *(f"{k}={v}" for k, v in parameters.items()),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=emulator.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
    )
    if done.returncode != 0:
        raise DeployFailed(done.stdout[-6000:])
    allow_plain_http(emulator)
    return outputs(emulator)


def allow_plain_http(emulator: Emulator) -> None:
    """Takes the `TlsOnly` statements out of the deployed policies.

    The emulator honours them and is spoken to over plain HTTP. That they
    stand in the template is the business of its own tests.
    """
    pages = emulator.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=STACK):
        for resource in page["StackResourceSummaries"]:
            name, kind = resource["PhysicalResourceId"], resource["ResourceType"]
            if kind == "AWS::S3::Bucket":
                s3 = emulator.client("s3")
                policy = without_tls_only(s3.get_bucket_policy(Bucket=name)["Policy"])
                if policy is None:
                    s3.delete_bucket_policy(Bucket=name)
                else:
                    s3.put_bucket_policy(Bucket=name, Policy=policy)
            elif kind == "AWS::SNS::Topic":
                sns = emulator.client("sns")
                policy = sns.get_topic_attributes(TopicArn=name)["Attributes"]["Policy"]
                sns.set_topic_attributes(
                    TopicArn=name, AttributeName="Policy",
                    AttributeValue=without_tls_only(policy) or "",
                )
            elif kind == "AWS::SQS::Queue":
                sqs = emulator.client("sqs")
                asked = sqs.get_queue_attributes(QueueUrl=name, AttributeNames=["Policy"])
                policy = asked.get("Attributes", {}).get("Policy")
                if policy:
                    sqs.set_queue_attributes(
                        QueueUrl=name, Attributes={"Policy": without_tls_only(policy) or ""}
                    )


def without_tls_only(policy: str) -> str | None:
    """The policy without its `TlsOnly` statement; `None` where nothing is left."""
    document = json.loads(policy)
    left = [s for s in document["Statement"] if s.get("Sid") != "TlsOnly"]
    assert len(left) < len(document["Statement"]), "the deployed policy has no TlsOnly statement"
    return json.dumps(document | {"Statement": left}) if left else None


def outputs(emulator: Emulator) -> dict[str, str]:
    """The outputs of the deployed stack, by name."""
    stacks = emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {o["OutputKey"]: o["OutputValue"] for o in stacks[0]["Outputs"]}


def built(build: Path = ROOT / "build") -> list[str]:
    """Names of the functions whose binary is not in `build`."""
    return [name for name in FUNCTIONS if not (build / name / "bootstrap").is_file()]


def main() -> None:
    """Deploys into a fresh emulator and prints the outputs: a check by hand."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--build", type=Path)
    arguments = parser.parse_args()
    with Emulator() as emulator:
        prepare(emulator)
        print(json.dumps(deploy(emulator, arguments.build), indent=2))


if __name__ == "__main__":
    main()
