"""`make redrive`: feeds again what could not be processed, once its cause is mended.

Reads the failure bucket, the on-failure queues and the dead-letter queues of a
deployed stack and invokes the function that each payload was meant for. What
succeeds is taken away; what fails again stays where it is. Feeding something
twice is harmless: an alert that was sent is not sent again.

With `--quarantine` (`make replay`) it feeds the unreadable records instead: as
they came, to the function that they came to, which judges them by what it knows
today. What it can read is taken out of the quarantine; what it still cannot
stays there, and raises the alarm again.

It refuses to guess: a record without its payload or from a function that is
not of this stack is named and left.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Queue (output of the stack) to the function whose events it keeps.
QUEUES = {
    "EventBusFailureQueueUrl": "EventBusFunctionName",
    "EventBusDeadLetterQueueUrl": "EventBusFunctionName",
    "WeeklyReportFailureQueueUrl": "WeeklyReportFunctionName",
    "ScheduleDeadLetterQueueUrl": "WeeklyReportFunctionName",
}
# Longer than the longest run, so that no message comes twice in one redrive.
HIDDEN_SECONDS = 1000


class Unusable(Exception):
    """What was kept is not what Lambda, EventBridge or the schedule keep."""


@dataclass
class Tally:
    """What became of what was found."""

    done: int = 0
    left: int = 0

    def __str__(self) -> str:
        return f"{self.done} fed again, {self.left} left"


def payload_of(text: str | bytes) -> dict:
    """The event inside an invocation record; a dead letter is the event itself."""
    try:
        kept = json.loads(text)
    except ValueError:
        raise Unusable("it is not JSON") from None
    if not isinstance(kept, dict):
        raise Unusable("it is not a JSON object")
    if "requestContext" not in kept:
        return kept
    payload = kept.get("requestPayload")
    if not isinstance(payload, dict):
        raise Unusable("its invocation record has no `requestPayload`")
    return payload


def as_message(text: bytes) -> bytes:
    """A text as a JSON string, whatever its bytes."""
    escaped = re.sub(rb'[\x00-\x1f"\\]', lambda c: b"\\u%04x" % c[0][0], text)
    return b'"' + escaped + b'"'


def unreadable_event(body: bytes, metadata: dict[str, str], log_group: str) -> dict:
    """The event that brings an object of the quarantine to its function again."""
    if metadata.get("input") == "event-bus":
        return payload_of(body)
    if body.startswith(b"H4sI"):
        # A whole payload that could not be opened: base64 of gzip.
        return {"awslogs": {"data": body.decode("ascii", "replace")}}
    texts = body.split(b"\n") if int(metadata.get("texts", 1)) > 1 else [body]
    events = b",".join(
        b'{"id":"%056d","timestamp":0,"message":%s}' % (place, as_message(text))
        for place, text in enumerate(texts)
    )
    envelope = json.dumps({
        "messageType": "DATA_MESSAGE", "owner": "", "logGroup": log_group,
        "logStream": "quarantine", "subscriptionFilters": [], "logEvents": [],
    }).encode()
    payload = envelope.removesuffix(b"[]}") + b"[" + events + b"]}"
    return {"awslogs": {"data": base64.b64encode(gzip.compress(payload, mtime=0)).decode()}}


class Redrive:
    """One pass over a stack. `clients` gives a boto3 client by service name."""

    def __init__(self, clients, outputs: dict[str, str], *, dry_run: bool = False) -> None:
        self._lambda, self._s3, self._sqs = (clients(n) for n in ("lambda", "s3", "sqs"))
        self._outputs = outputs
        self._dry_run = dry_run
        self.tally = Tally()

    def run(self) -> Tally:
        """Feeds everything that is kept; returns what became of it."""
        self._bucket()
        for queue, function in QUEUES.items():
            self._queue(self._outputs[queue], self._outputs[function])
        return self.tally

    def replay(self) -> Tally:
        """Feeds what is in quarantine; returns what became of it."""
        bucket, function = self._outputs["QuarantineBucketName"], self._outputs["LogBatchFunctionName"]
        settings = self._lambda.get_function_configuration(FunctionName=function)
        log_group = settings["Environment"]["Variables"]["TRAILWARD_LOG_GROUPS"].split(",")[0]
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for key in [item["Key"] for page in pages for item in page.get("Contents", [])]:
            kept = self._s3.get_object(Bucket=bucket, Key=key)
            place, metadata = f"s3://{bucket}/{key}", kept["Metadata"]
            came_to = {
                "log-batch": function, "event-bus": self._outputs["EventBusFunctionName"],
            }.get(metadata.get("input", "log-batch"))
            if came_to is None:
                self._left(place, f"`{metadata['input']}` is no function of this stack")
                continue
            try:
                event = unreadable_event(kept["Body"].read(), metadata, log_group)
            except Unusable as problem:
                self._left(place, str(problem))
                continue
            if self._invoke(place, came_to, event, must_be_read=True):
                # The bucket is versioned: the evidence stays as an old version.
                self._s3.delete_object(Bucket=bucket, Key=key)
        return self.tally

    def _bucket(self) -> None:
        bucket = self._outputs["FailureBucketName"]
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for key in [item["Key"] for page in pages for item in page.get("Contents", [])]:
            body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if self._feed(f"s3://{bucket}/{key}", self._outputs["LogBatchFunctionName"], body):
                # The bucket is versioned: the evidence stays as an old version.
                self._s3.delete_object(Bucket=bucket, Key=key)

    def _queue(self, queue: str, function: str) -> None:
        for message in self._messages(queue):
            place = f"{queue.rpartition('/')[2]} {message['MessageId']}"
            if self._feed(place, function, message["Body"]):
                self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def _messages(self, queue: str) -> Iterator[dict]:
        hidden = 0 if self._dry_run else HIDDEN_SECONDS
        seen: set[str] = set()
        while True:
            page = self._sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=hidden
            ).get("Messages", [])
            fresh = [m for m in page if m["MessageId"] not in seen]
            if not fresh:
                return
            seen.update(m["MessageId"] for m in fresh)
            yield from fresh

    def _feed(self, place: str, function: str, kept: str | bytes) -> bool:
        try:
            payload = payload_of(kept)
        except Unusable as problem:
            return self._left(place, str(problem))
        return self._invoke(place, function, payload)

    def _invoke(self, place: str, function: str, event: dict, *, must_be_read: bool = False) -> bool:
        if self._dry_run:
            return self._left(place, f"would be fed to {function}")
        try:
            answer = self._lambda.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        except (BotoCoreError, ClientError) as error:
            return self._left(place, f"{function} was not reached: {error}")
        said = json.loads(answer["Payload"].read() or b"null") or {}
        if "FunctionError" in answer:
            return self._left(place, f"{function} fails: {said.get('errorMessage', said)}")
        if must_be_read:
            # An older function says nothing: then nothing is known.
            if "received" not in said:
                return self._left(place, f"{function} does not say what it read; deploy this version")
            if said["quarantined"] or said["refused_input"]:
                return self._left(place, f"{function} reads {said['received'] - said['quarantined']}"
                                         f" of {said['received']} and refuses {said['refused_input']}")
        self.tally.done += 1
        print(f"{place}: done")
        return True

    def _left(self, place: str, reason: str) -> bool:
        self.tally.left += 1
        print(f"{place}: left, {reason}")
        return False


def main() -> int:
    """0: nothing is left; 1: something is; 2: the stack cannot be read."""
    parser = argparse.ArgumentParser(description="Feeds failed batches and events again.")
    parser.add_argument("--stack", default="trailward", help="name of the deployed stack")
    parser.add_argument("--quarantine", action="store_true", help="feed the unreadable records")
    parser.add_argument("--dry-run", action="store_true", help="only list what is kept")
    arguments = parser.parse_args()

    def client(service: str):
        # A weekly report runs for up to 15 minutes, and is not to be started twice.
        config = Config(read_timeout=960, retries={"total_max_attempts": 1})
        return boto3.client(service, config=config)

    try:
        stacks = client("cloudformation").describe_stacks(StackName=arguments.stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        print(f"cannot read the stack `{arguments.stack}`: {error}", file=sys.stderr)
        return 2
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks[0].get("Outputs", [])}
    redrive = Redrive(client, outputs, dry_run=arguments.dry_run)
    tally = redrive.replay() if arguments.quarantine else redrive.run()
    print(tally)
    return 1 if tally.left else 0


if __name__ == "__main__":
    sys.exit(main())
