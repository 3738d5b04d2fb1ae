"""`make load`: the real log-batch binary under payloads of 1 MB and under many small ones.

The state table, the topic and the bucket are the emulator's. Every record must be
accounted for, every cause must be told exactly once, and memory must stay flat.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from runtime_api import RuntimeApi
from stage import Stage, log_payload
from trail_files import record

TOP = Path(__file__).parents[2]
# A payload of 1 MB as Lambda takes it holds about so many records of ordinary size.
RECORDS_PER_LARGE = 7_000
RECORDS_PER_SMALL = 5
# Resident memory may grow by so much between the first tenth of a run and its end.
FLAT_FACTOR = 1.25
SEED = 7


def ordinary(dice: random.Random, count: int) -> list[dict]:
    """Calls that interest no rule, each of its own bytes so that gzip finds little twice."""
    names = ["DescribeInstances", "GetBucketLocation", "ListTagsForResource", "DescribeLogGroups"]
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    identity = {
        "type": "AWSService", "invokedBy": "config.amazonaws.com",
    }
    return [
        record(dice.choice(names), "ec2.amazonaws.com", when, readOnly=True, userIdentity=identity,
               sourceIPAddress="config.amazonaws.com", userAgent="config.amazonaws.com",
               requestParameters={"instanceId": f"i-{dice.getrandbits(68):017x}",
                                  "token": f"{dice.getrandbits(256):064x}"})
        for _ in range(count)
    ]


def cause(number: int) -> dict:
    """Somebody of an account of his own stops its trail."""
    account = f"{100_000_000_000 + number}"
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    identity = {
        "type": "IAMUser", "principalId": "AIDALOAD", "userName": f"load-{number}",
        "arn": f"arn:aws:iam::{account}:user/load-{number}", "accountId": account,
    }
    return record("StopLogging", "cloudtrail.amazonaws.com", when, userIdentity=identity,
                  recipientAccountId=account, requestParameters={"name": "main"},
                  sourceIPAddress="10.0.0.9")


def payload(records: list[dict]) -> bytes:
    return json.dumps(log_payload(records)).encode()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--large", type=int, default=200)
    arguments.add_argument("--small", type=int, default=5_000)
    arguments.add_argument("--build", type=Path, default=TOP / "build")
    options = arguments.parse_args()
    dice = random.Random(SEED)
    # A few kinds of payload, sent again and again: the same event ids would fold.
    quiet = [ordinary(dice, RECORDS_PER_LARGE) for _ in range(4)]
    with Stage(build=options.build) as stage:
        function = stage.emulator.client("lambda").get_function_configuration(
            FunctionName=stage.function("log-batch")
        )
        settings = function["Environment"]["Variables"]
        environment = stage.emulator.environment() | settings
        with RuntimeApi(options.build / "log-batch" / "bootstrap", environment) as api:
            sent = 0
            started = time.monotonic()
            for number in range(options.large):
                records = [*quiet[number % len(quiet)], cause(number)]
                data = payload(records)
                if number == 0:
                    print(f"a large payload: {len(data)} bytes, {len(records)} records")
                api.feed(data)
                sent += len(records)
            api.finish(options.large, 1_800)
            large_seconds = time.monotonic() - started
            large_records = sent
            for number in range(options.small):
                first = (number * RECORDS_PER_SMALL) % RECORDS_PER_LARGE
                records = quiet[number % len(quiet)][first:first + RECORDS_PER_SMALL]
                if number % 100 == 0:
                    records = [*records, cause(1_000 + number)]
                api.feed(payload(records))
                sent += len(records)
            api.finish(options.large + options.small, 1_800)
            small_seconds = time.monotonic() - started - large_seconds
            answers, resident, peak = api.answers, api.resident_kib, api.peak_kib
        lines = [json.loads(line) for line in api.lines if b'"_aws"' in line]
        causes = options.large + -(-options.small // 100)
        return judge(lines, answers, sent, causes, {
            "large": f"{large_records / large_seconds:,.0f} records/s "
                     f"({options.large} payloads in {large_seconds:.1f} s)",
            "small": f"{options.small / small_seconds:,.0f} payloads/s in {small_seconds:.1f} s",
        }, resident, peak, stage)


def judge(lines, answers, sent, causes, figures, resident, peak, stage) -> int:
    """Prints the figures; 1 where something was lost, told twice, or memory grew."""
    total = {name: sum(line[name] for line in lines) for name in (
        "Received", "Evaluated", "DuplicateInBatch", "Ignored", "Quarantined", "Alerted", "Failed",
        "Summarised", "StateWrites", "IdentitiesBroken",
    )}
    told = {mail.subject for mail in stage.mails()}
    early = max(resident[: max(1, len(resident) // 10)])
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    print(f"totals: {total}")
    print(f"resident: {early} KiB in the first tenth, {resident[-1]} KiB at the end, peak {peak} KiB")
    print(f"mails with a subject of their own: {len(told)}")
    problems = []
    if not all(answers.values()):
        problems.append(f"{sum(not ok for ok in answers.values())} invocations failed")
    if total["Received"] != sent:
        problems.append(f"{sent} records were sent, {total['Received']} received")
    if total["Alerted"] != causes:
        problems.append(f"{causes} causes, {total['Alerted']} alerts")
    if total["IdentitiesBroken"] or total["Failed"] or total["Quarantined"]:
        problems.append("broken accounts, failed findings or quarantined records")
    if resident[-1] > early * FLAT_FACTOR:
        problems.append("memory grew")
    for problem in problems:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    print("nothing was lost" if not problems else "see the problems")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
