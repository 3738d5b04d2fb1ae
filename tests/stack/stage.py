"""The deployed product on the emulator, with a queue that hears every alert.

Feeds it as AWS would (log events, event bus payloads, the schedule's input)
and reads back what it said: mails, metrics, log lines.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import deploy
from athena import Athena
from emulator import ACCOUNT, REGION, Emulator

# One run: a debug binary's cold start and its calls.
RUN_SECONDS = 60
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Mail:
    """A message as a subscriber of the topic gets it."""

    subject: str
    body: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Run:
    """What one invocation answered and printed."""

    failed: bool
    answer: object
    log: str


def log_payload(records: list[dict | str], group: str = deploy.LOG_GROUP,
                kind: str = "DATA_MESSAGE") -> dict:
    """The payload that a log subscription hands over; a text is a message as it is."""
    events = [
        {"id": f"{at:056d}", "timestamp": int(time.time() * 1000),
         "message": r if isinstance(r, str) else json.dumps(r)}
        for at, r in enumerate(records)
    ]
    batch = {
        "messageType": kind, "owner": ACCOUNT, "logGroup": group,
        "logStream": f"{ACCOUNT}_CloudTrail_{REGION}", "subscriptionFilters": ["trailward"],
        "logEvents": events,
    }
    data = base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
    return {"awslogs": {"data": data}}


def bus_event(record: dict, **more: str) -> dict:
    """A record as EventBridge hands it over."""
    sign_in = record["eventName"] == "ConsoleLogin"
    return {
        "version": "0", "id": record["eventID"],
        "detail-type": "AWS Console Sign In via CloudTrail" if sign_in
        else "AWS API Call via CloudTrail",
        "source": "aws." + record["eventSource"].partition(".")[0],
        "account": record["recipientAccountId"], "time": record["eventTime"],
        "region": record["awsRegion"], "resources": [], "detail": record,
    } | more


class Stage:
    """Use as a context manager."""

    def __init__(self, *, enforce_iam: bool = False, build: Path | None = None,
                 **parameters: str) -> None:
        self.athena = Athena()
        self.emulator = Emulator(enforce_iam=enforce_iam, athena_url=self.athena.url)
        self._build = build
        self._parameters = parameters
        self.outputs: dict[str, str] = {}

    def __enter__(self) -> "Stage":
        try:
            self.emulator.start()
            self.athena.attach(self.emulator)
            deploy.prepare(self.emulator)
            self.outputs = deploy.deploy(self.emulator, self._build, **self._parameters)
            self._listen()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.emulator.stop()
        self.athena.stop()

    def _listen(self) -> None:
        sqs = self.emulator.client("sqs")
        topic, queue = self.outputs["AlertTopicArn"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:subscriber"
        allow = {
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        self._queue = sqs.create_queue(
            QueueName="subscriber",
            Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})},
        )["QueueUrl"]
        self.emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        self.emulator.client("logs").create_log_stream(
            logGroupName=deploy.LOG_GROUP, logStreamName=f"{ACCOUNT}_CloudTrail_{REGION}"
        )

    def function(self, name: str) -> str:
        """The deployed name of a function."""
        return self.outputs[deploy.FUNCTIONS[name]]

    def invoke(self, name: str, payload: dict) -> Run:
        """Invokes a function and waits for its answer."""
        answer = self.emulator.client("lambda").invoke(
            FunctionName=self.function(name), Payload=json.dumps(payload).encode(), LogType="Tail"
        )
        return Run(
            failed="FunctionError" in answer,
            answer=json.loads(answer["Payload"].read() or b"null"),
            log=base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"),
        )

    @contextlib.contextmanager
    def denied(self, name: str, action: str, resource: str = "*") -> Iterator[None]:
        """Takes an action away from a function's role while the block runs."""
        function = self.emulator.client("lambda").get_function_configuration(
            FunctionName=self.function(name)
        )
        role = function["Role"].rpartition("/")[2]
        iam = self.emulator.client("iam")
        deny = {"Effect": "Deny", "Action": action, "Resource": resource}
        iam.put_role_policy(RoleName=role, PolicyName="taken", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [deny]}
        ))
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="taken")

    def put_log_events(self, records: list[dict]) -> None:
        """Writes records into the trail's log group; returns when log-batch has run."""
        before = self.runs("log-batch")
        self.emulator.client("logs").put_log_events(
            logGroupName=deploy.LOG_GROUP, logStreamName=f"{ACCOUNT}_CloudTrail_{REGION}",
            logEvents=[{"timestamp": int(time.time() * 1000), "message": json.dumps(r)}
                       for r in records],
        )
        deadline = time.monotonic() + RUN_SECONDS
        while self.runs("log-batch") == before:
            if time.monotonic() > deadline:
                raise TimeoutError("log-batch did not run on the log events")
            time.sleep(LOOK_SECONDS)

    def lines(self, name: str) -> list[str]:
        """Everything that a function printed, in order."""
        function = self.emulator.client("lambda").get_function_configuration(
            FunctionName=self.function(name)
        )
        pages = self.emulator.client("logs").get_paginator("filter_log_events").paginate(
            logGroupName=function["LoggingConfig"]["LogGroup"]
        )
        try:
            return [event["message"] for page in pages for event in page["events"]]
        except self.emulator.client("logs").exceptions.ResourceNotFoundException:
            return []

    def runs(self, name: str) -> int:
        """How often a function has ended a run."""
        return sum(line.startswith("END RequestId") for line in self.lines(name))

    def metrics(self, name: str) -> list[dict]:
        """The metric lines that a function printed."""
        found = []
        for line in self.lines(name):
            start = line.find("{")
            try:
                value = json.loads(line[start:]) if start >= 0 else None
            except ValueError:
                continue
            if isinstance(value, dict) and "CloudWatchMetrics" in value.get("_aws", {}):
                found.append(value)
        return found

    def mails(self) -> list[Mail]:
        """Takes every waiting message. A run that ended has published all of its own."""
        sqs, taken = self.emulator.client("sqs"), []
        while True:
            page = sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            if not page.get("Messages"):
                return taken
            for message in page["Messages"]:
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                taken.append(self._mail(json.loads(message["Body"])))

    @staticmethod
    def _mail(envelope: dict) -> Mail:
        attributes = envelope.get("MessageAttributes", {})
        return Mail(envelope.get("Subject", ""), envelope["Message"],
                    {name: a["Value"] for name, a in attributes.items()})

    def objects(self, output: str) -> dict[str, bytes]:
        """The objects of the bucket that an output names."""
        s3, bucket = self.emulator.client("s3"), self.outputs[output]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
