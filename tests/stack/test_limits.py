"""The real log-batch binary against its memory limit."""

import base64
import gzip
import json

from load import cause, payload
from runtime_api import RuntimeApi
from template import ROOT, existing

# What the template gives the function.
MEMORY_MB = existing().raw["Globals"]["Function"]["MemorySize"]
# Bound of an inflated payload (`cloudtrail::bounds`).
INFLATED = 64 << 20
BINARY = ROOT / "build" / "log-batch" / "bootstrap"


def run(stage, payloads: list[bytes], memory_mb: int) -> RuntimeApi:
    function = stage.emulator.client("lambda").get_function_configuration(
        FunctionName=stage.function("log-batch")
    )
    environment = stage.emulator.environment() | function["Environment"]["Variables"]
    with RuntimeApi(BINARY, environment, memory_mb) as api:
        for data in payloads:
            api.feed(data)
        try:
            api.finish(len(payloads), 60)
        except RuntimeError:
            assert api.ended()
    return api


def of_size(text: bytes) -> bytes:
    """A payload that inflates to this."""
    return json.dumps({"awslogs": {"data": base64.b64encode(gzip.compress(text)).decode()}}).encode()


def padded(number: int, size: int) -> bytes:
    """A good payload with so many blanks in it."""
    data = json.loads(payload([cause(number)]))["awslogs"]["data"]
    text = gzip.decompress(base64.b64decode(data))
    return of_size(text[:-1] + b" " * size + text[-1:])


def test_bombs_and_the_largest_payloads_stay_within_the_memory(stage):
    bombs = [of_size(b" " * (INFLATED * 4)), of_size(b"[" * (INFLATED - 1))]
    api = run(stage, [*bombs, padded(1, INFLATED - (1 << 16)), payload([cause(2)])], MEMORY_MB)
    assert list(api.answers.values()) == [True] * 4
    lines = [json.loads(line) for line in api.lines if b'"_aws"' in line]
    assert [line["Quarantined"] for line in lines] == [1, 1, 0, 0]
    assert api.peak_kib < MEMORY_MB * 1024 / 2, "half of the memory is left"
    mails = [m.body for m in stage.mails() if "load-" in m.body]
    assert len(mails) == 2


def test_a_run_that_its_memory_limit_ends_is_done_by_the_next(stage):
    large = padded(3, INFLATED // 2)
    api = run(stage, [large], 24)
    assert api.answers == {}, "the limit was to end it"
    assert [m for m in stage.mails() if "load-3" in m.body] == []
    api = run(stage, [large], MEMORY_MB)
    assert list(api.answers.values()) == [True]
    assert len([m for m in stage.mails() if "load-3" in m.body]) == 1
