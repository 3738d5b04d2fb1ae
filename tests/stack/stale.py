"""A DynamoDB whose replicas lag, in front of one whose replicas do not.

Passes every request on, but answers a read that does not ask for consistency
as a replica may that has not heard of the item yet: there is nothing. An
adapter that reads so is found out, which an emulator with one copy cannot do.
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


class StaleReads:
    """The service in front of `url`, while the `with` block lasts."""

    def __init__(self, url: str) -> None:
        self._behind = urlsplit(url).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.stale = 0

    def __enter__(self) -> "StaleReads":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

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
                    self._answer(200, "application/x-amz-json-1.0", json.dumps(stale).encode())
                    return
                self.behind.request("POST", self.path, body, dict(self.headers))
                answer = self.behind.getresponse()
                kind = answer.headers.get("Content-Type", "application/x-amz-json-1.0")
                self._answer(answer.status, kind, answer.read())

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
