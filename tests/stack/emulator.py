"""The AWS emulator as a child process: started on a free loopback port, reset, ended.

Knows nothing of the product. It ends only the process that it started.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "123456789012"
START_SECONDS = 20
STOP_SECONDS = 10


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Emulator:
    """One running emulator. `enforce_iam` makes it honour the functions' roles."""

    def __init__(self, *, enforce_iam: bool = False, athena_url: str | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.athena_url = athena_url or self.url
        self.enforce_iam = enforce_iam
        self._folder = tempfile.TemporaryDirectory(prefix="trailward-stack-")
        self.log_path = Path(self._folder.name) / "emulator.log"
        self._process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """What a command line tool needs to talk to this emulator and to nothing else."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return inherited | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_ATHENA": self.athena_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT if self.enforce_iam else "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
        }

    def start(self) -> "Emulator":
        """Starts it and waits until it is healthy."""
        environment = self.environment() | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_DOCKER_TIMEOUT": "1",
            "TMPDIR": self._folder.name,
        }
        if self.enforce_iam:
            environment["AUTH"] = "true"
        program = Path(sys.executable).with_name("ministack")
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [program], env=environment, stdout=log, stderr=subprocess.STDOUT,
                cwd=self._folder.name,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1):
                    return self
            except OSError:
                time.sleep(0.05)
        tail = self.log_path.read_text(errors="replace")[-2000:]
        self.stop()
        raise RuntimeError(f"the emulator did not become healthy; its log ends:\n{tail}")

    def stop(self) -> None:
        """Ends the process that `start` started."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._folder.cleanup()

    def write(self, name: str, text: str) -> Path:
        """Writes a small file into the emulator's own folder, which goes with it."""
        path = Path(self._folder.name) / name
        path.write_text(text)
        return path

    def reset(self) -> None:
        """Wipes every service."""
        request = urllib.request.Request(f"{self.url}/_ministack/reset", method="POST")
        with urllib.request.urlopen(request, timeout=30):
            pass

    def client(self, service: str):
        """A boto3 client of one service."""
        environment = self.environment()
        return boto3.client(
            service,
            endpoint_url=self.athena_url if service == "athena" else self.url,
            region_name=REGION,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"max_attempts": 2}, read_timeout=120,
                          s3={"addressing_style": "path"}),
        )

    def __enter__(self) -> "Emulator":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
