"""What every store promises, and the simulation, over the emulator's DynamoDB on a bad day."""

import subprocess
from pathlib import Path

from emulator import Emulator
from unkind import Unkind, stale_answer

TOP = Path(__file__).parents[2]
TABLE = "contract"
NAMES = {"throttle_every": "throttled", "lose_every": "lost"}


def over_dynamodb(emulator: Emulator, test: str, **unkind: int) -> str:
    """Runs a Rust test; answers what it printed."""
    with Unkind(emulator.url, **unkind) as dynamodb:
        # The whole workspace's features, as `make test-rust` built it: with
        # fewer, the SDK would be compiled once more.
        run = subprocess.run(
            ["cargo", "test", "--workspace", "--test", test, "--", "--nocapture"],
            cwd=TOP,
            env=emulator.environment() | {
                "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url,
                "TRAILWARD_TEST_TABLE": TABLE,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    printed = run.stdout + run.stderr
    assert run.returncode == 0, printed
    assert "nothing was tested" not in printed
    assert dynamodb.stale == 0, f"{dynamodb.stale} reads did not ask for consistency"
    for what, every in unkind.items():
        assert not every or dynamodb.unkind[NAMES[what]] > 0, f"nothing was {what}"
    return run.stdout


def make_table(emulator: Emulator) -> None:
    emulator.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    )


def test_dynamodb_keeps_the_promises_of_memory():
    with Emulator() as emulator:
        make_table(emulator)
        printed = over_dynamodb(emulator, "state_over_dynamodb")
    assert "2 passed" in printed, printed


def test_throttled_and_with_lost_answers_it_keeps_them_too():
    """What the SDK repeats by itself changes nothing twice."""
    with Emulator() as emulator:
        make_table(emulator)
        printed = over_dynamodb(emulator, "state_over_dynamodb", throttle_every=17, lose_every=13)
    assert "2 passed" in printed, printed


def test_histories_over_dynamodb_come_to_what_a_sequential_reader_finds():
    with Emulator() as emulator:
        printed = over_dynamodb(emulator, "simulation_over_dynamodb")
    print(printed)
    assert "2 passed" in printed, printed


def test_a_lagging_replica_answers_whoever_does_not_insist():
    read = {"TableName": TABLE, "Key": {"pk": {"S": "a"}, "sk": {"S": "-"}}}
    assert stale_answer("GetItem", read) == {}
    assert stale_answer("GetItem", read | {"ConsistentRead": True}) is None
    assert stale_answer("PutItem", read) is None
    batch = {"RequestItems": {TABLE: {"Keys": [], "ConsistentRead": True}}}
    assert stale_answer("BatchGetItem", batch) is None
    del batch["RequestItems"][TABLE]["ConsistentRead"]
    assert stale_answer("BatchGetItem", batch)["Responses"] == {TABLE: []}
