"""A DynamoDB on a bad day, in front of one that has none.

Its replicas lag: a read that does not ask for consistency is answered as one
may that has not heard of the item yet: there is nothing. An adapter that reads
so is found out, which an emulator with one copy cannot do.

Where it is told so, it refuses some requests as throttled, and does what some
others ask and then answers that it failed.
"""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

READS = {"GetItem", "BatchGetItem", "Query", "Scan"}


def stale_answer(operation: str, request: dict) -> dict | None:
    """What a lagging replica says; `None` where the leader is asked."""
    if operation not in READS:
        return None
    if operation == "BatchGetItem":
        tables = request["RequestItems"]
        if all(table.get("ConsistentRead") for table in tables.values()):
            return None
        return {"Responses": {name: [] for name in tables}, "UnprocessedKeys": {}}
    if request.get("ConsistentRead"):
        return None
    return {} if operation == "GetItem" else {"Items": [], "Count": 0, "ScannedCount": 0}


THROTTLED = b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}'
FAILED = b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"who knows"}'
JSON = "application/x-amz-json-1.0"


class Unkind:
    """The service in front of `url`, while the `with` block lasts.

    Every so manieth request is throttled, or done and its answer lost.
    """

    def __init__(self, url: str, *, throttle_every: int = 0, lose_every: int = 0) -> None:
        self._every = {"throttled": throttle_every, "lost": lose_every}
        self._requests = 0
        self._lock = threading.Lock()
        self.unkind = {"throttled": 0, "lost": 0}
        self._behind = urlsplit(url).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.stale = 0

    def __enter__(self) -> "Unkind":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _turn(self) -> str | None:
        """What happens to the next request."""
        with self._lock:
            self._requests += 1
            for what, every in self._every.items():
                if every and self._requests % every == 0:
                    self.unkind[what] += 1
                    return what
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self.behind = http.client.HTTPConnection(service._behind)

            def finish(self) -> None:
                self.behind.close()
                super().finish()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                stale = stale_answer(operation, json.loads(body or b"{}"))
                if stale is not None:
                    service.stale += 1
                    self._answer(200, JSON, json.dumps(stale).encode())
                    return
                turn = service._turn()
                if turn == "throttled":
                    self._answer(400, JSON, THROTTLED)
                    return
                self.behind.request("POST", self.path, body, dict(self.headers))
                answer = self.behind.getresponse()
                kind, text = answer.headers.get("Content-Type", JSON), answer.read()
                if turn == "lost":
                    self._answer(500, JSON, FAILED)
                    return
                self._answer(answer.status, kind, text)

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
