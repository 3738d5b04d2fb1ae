"""The contract suite of the state store, over the emulator's DynamoDB."""

import subprocess
from pathlib import Path

from emulator import Emulator

TOP = Path(__file__).parents[2]
TABLE = "contract"


def test_dynamodb_keeps_the_promises_of_memory():
    with Emulator() as emulator:
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
        # The whole workspace's features, as `make test-rust` built it: with
        # fewer, the SDK would be compiled once more.
        run = subprocess.run(
            ["cargo", "test", "--workspace", "--test", "state_over_dynamodb", "--", "--nocapture"],
            cwd=TOP,
            env=emulator.environment() | {"TRAILWARD_TEST_TABLE": TABLE},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout, run.stdout
    assert "nothing was tested" not in run.stdout + run.stderr
