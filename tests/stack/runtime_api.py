"""The Lambda Runtime API on loopback: hands payloads to a real binary, one after another."""

from __future__ import annotations

import os
import queue
import resource
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DEADLINE_SECONDS = 50


class RuntimeApi:
    """Use as a context manager; `feed` payloads, then `finish`."""

    def __init__(
        self, binary: Path, environment: dict[str, str], memory_mb: int | None = None
    ) -> None:
        """`memory_mb` bounds what the binary may allocate."""
        self.answers: dict[str, bool] = {}
        self.peak_kib = 0
        self.resident_kib: list[int] = []
        self._payloads: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
        self._count = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._log = open(os.devnull, "wb")
        self.lines: list[bytes] = []
        self._process = subprocess.Popen(
            [binary],
            env=environment | {
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": binary.parent.name,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_LOG_GROUP_NAME": "load", "AWS_LAMBDA_LOG_STREAM_NAME": "load",
            },
            stdout=subprocess.PIPE, stderr=self._log,
            preexec_fn=None if memory_mb is None else lambda: resource.setrlimit(
                resource.RLIMIT_DATA, (memory_mb << 20, memory_mb << 20)
            ),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def feed(self, payload: bytes) -> None:
        """Queues one payload; waits while the binary is behind."""
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f"the binary ended with {self._process.returncode}")
            try:
                self._payloads.put(payload, timeout=1)
                return
            except queue.Full:
                continue

    def finish(self, count: int, seconds: int) -> None:
        """Waits until so many payloads are answered."""
        deadline = time.monotonic() + seconds
        while len(self.answers) < count:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"{len(self.answers)} of {count} payloads were answered")
            time.sleep(0.05)

    def ended(self, seconds: float = 10) -> bool:
        """Whether the binary ended by itself, within so many seconds."""
        try:
            return self._process.wait(seconds) != 0
        except subprocess.TimeoutExpired:
            return False

    def _read(self) -> None:
        for line in self._process.stdout:
            self.lines.append(line)

    def _resident(self) -> None:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        figures = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        self.resident_kib.append(int(figures["VmRSS"].split()[0]))
        self.peak_kib = int(figures["VmHWM"].split()[0])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one packet: the peer would wait for the second.
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                payload = api._payloads.get()
                if payload is None:
                    return
                api._count += 1
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", str(api._count))
                deadline = int((time.time() + DEADLINE_SECONDS) * 1000)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
                self.send_header(
                    "Lambda-Runtime-Invoked-Function-Arn",
                    "arn:aws:lambda:us-east-1:123456789012:function:load",
                )
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                *_, request, kind = self.path.split("/")
                api.answers[request] = kind == "response"
                api._resident()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def __enter__(self) -> "RuntimeApi":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._reader.join(5)
        self._server.shutdown()
        self._log.close()
