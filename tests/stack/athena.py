"""An Athena endpoint that really executes: SQL over the trail files in the emulator's S3.

Each query is parsed as Athena's dialect, translated to DuckDB's, and run over
the deployed Glue table. What cannot be parsed, translated or run is a FAILED
query with its reason. Passing here does not prove a query on AWS: it proves
its meaning.
"""

from __future__ import annotations

import datetime
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import sqlglot
from sqlglot.errors import SqlglotError

from trail_table import Refused, TrailTable, check_injected

PAGE_ROWS = 1000


class InvalidRequest(Exception):
    """Answered as `InvalidRequestException`."""


def translate(sql: str) -> tuple[sqlglot.exp.Expression, str]:
    """The query parsed as Athena, and its text for DuckDB."""
    statements = sqlglot.parse(sql, read="athena")
    if len(statements) != 1 or not isinstance(statements[0], sqlglot.exp.Query):
        raise Refused("SYNTAX_ERROR: exactly one SELECT is executed here")
    parsed = statements[0]
    for table in parsed.find_all(sqlglot.exp.Table):
        # There is one catalog and one database over there.
        table.set("db", None)
        table.set("catalog", None)
    return parsed, parsed.sql(dialect="duckdb")


def text(value) -> str | None:
    """A value as Athena prints it in a result."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(text(v) or "null" for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={text(v) or 'null'}" for k, v in value.items()) + "}"
    if isinstance(value, datetime.datetime):
        zone = " UTC" if value.tzinfo else ""
        moment = value.astimezone(datetime.UTC) if value.tzinfo else value
        return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03}" + zone
    return str(value)


class Query:
    """One execution."""

    def __init__(self, request: dict) -> None:
        self.id = str(uuid.uuid4())
        self.request = request
        self.sql = request["QueryString"]
        self.state, self.reason = "QUEUED", None
        self.header: list[str] = []
        self.types: list[str] = []
        self.rows: list[list[str | None]] = []
        self.scanned = 0
        self.submitted = time.time()

    def describe(self) -> dict:
        """As `GetQueryExecution` answers."""
        status = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.reason:
            status["StateChangeReason"] = self.reason
            status["AthenaError"] = {"ErrorCategory": 2, "ErrorMessage": self.reason}
        if self.state in ("SUCCEEDED", "FAILED", "CANCELLED"):
            status["CompletionDateTime"] = time.time()
        return {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": "DML",
            "WorkGroup": self.request.get("WorkGroup", "primary"),
            "QueryExecutionContext": self.request.get("QueryExecutionContext", {}),
            "Status": status,
            "Statistics": {"DataScannedInBytes": self.scanned, "TotalExecutionTimeInMillis": 1},
        }


class Athena:
    """The endpoint. Attach the emulator's clients once it is up."""

    def __init__(self) -> None:
        self.clients: dict[str, object] = {}
        self.queries: dict[str, Query] = {}
        self.fail_with: dict[str, str] = {}
        self._tokens: dict[str, Query] = {}
        self._lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802, the name is the library's
                length = int(self.headers.get("Content-Length", 0))
                status, answer = endpoint.answer(
                    self.headers.get("X-Amz-Target", ""), self.rfile.read(length)
                )
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def attach(self, emulator) -> None:
        """Where the table is declared and the log files are."""
        self.clients = {name: emulator.client(name) for name in ("glue", "s3")}

    def stop(self) -> None:
        """Closes the endpoint."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str, body: bytes) -> tuple[int, dict]:
        """One API call: HTTP status and JSON answer."""
        action = target.rpartition(".")[2]
        operation = getattr(self, f"_{action}", None)
        try:
            if operation is None:
                raise InvalidRequest(f"operation `{action}` is not offered here")
            with self._lock:
                return 200, operation(json.loads(body or b"{}"))
        except InvalidRequest as error:
            return 400, {"__type": "InvalidRequestException", "Message": str(error)}

    def _StartQueryExecution(self, request: dict) -> dict:  # noqa: N802
        token = request.get("ClientRequestToken")
        if token is not None:
            if not 32 <= len(token) <= 128:
                raise InvalidRequest("ClientRequestToken must have 32 to 128 characters")
            known = self._tokens.get(token)
            if known is not None:
                if known.request != request:
                    raise InvalidRequest("Idempotent parameters do not match")
                return {"QueryExecutionId": known.id}
        query = Query(request)
        self.queries[query.id] = query
        if token is not None:
            self._tokens[token] = query
        return {"QueryExecutionId": query.id}

    def _GetQueryExecution(self, request: dict) -> dict:  # noqa: N802
        query = self._query(request)
        # The first look finds it running, so a caller that does not wait fails.
        if query.state == "QUEUED":
            query.state = "RUNNING"
        elif query.state == "RUNNING":
            self._run(query)
        return {"QueryExecution": query.describe()}

    def _StopQueryExecution(self, request: dict) -> dict:  # noqa: N802
        query = self._query(request)
        if query.state in ("QUEUED", "RUNNING"):
            query.state, query.reason = "CANCELLED", "Query cancelled by user"
        return {}

    def _GetQueryResults(self, request: dict) -> dict:  # noqa: N802
        query = self._query(request)
        if query.state != "SUCCEEDED":
            raise InvalidRequest(f"query has not yet finished, its state is {query.state}")
        size = request.get("MaxResults", PAGE_ROWS)
        if not 1 <= size <= PAGE_ROWS:
            raise InvalidRequest(f"MaxResults must be 1 to {PAGE_ROWS}")
        start = int(request.get("NextToken", "0"))
        # Only the first page begins with the column names.
        lines = [query.header, *query.rows]
        page = lines[start:start + size]
        answer = {
            "ResultSet": {
                "Rows": [
                    {"Data": [{} if v is None else {"VarCharValue": v} for v in line]}
                    for line in page
                ],
                "ResultSetMetadata": {
                    "ColumnInfo": [
                        {"Name": n, "Label": n, "Type": t}
                        for n, t in zip(query.header, query.types)
                    ]
                },
            },
            "UpdateCount": 0,
        }
        if start + size < len(lines):
            answer["NextToken"] = str(start + size)
        return answer

    def _query(self, request: dict) -> Query:
        query = self.queries.get(request.get("QueryExecutionId", ""))
        if query is None:
            raise InvalidRequest(f"QueryExecution {request.get('QueryExecutionId')} was not found")
        return query

    def _run(self, query: Query) -> None:
        try:
            self._execute(query)
            query.state = "SUCCEEDED"
        except (Refused, SqlglotError, duckdb.Error) as error:
            query.state, query.reason = "FAILED", str(error)

    def _execute(self, query: Query) -> None:
        for marker, reason in self.fail_with.items():
            if marker in query.sql:
                raise Refused(reason)
        sql = query.sql
        for value in query.request.get("ExecutionParameters", []):
            sql = sql.replace("?", value, 1)
        parsed, translated = translate(sql)
        glue = self.clients["glue"]
        database = duckdb.connect()
        database.execute("SET TimeZone = 'UTC'")
        defined = {cte.alias for cte in parsed.find_all(sqlglot.exp.CTE)}
        for name in {t.name for t in parsed.find_all(sqlglot.exp.Table)} - defined:
            schema = query.request.get("QueryExecutionContext", {}).get("Database", "default")
            try:
                definition = glue.get_table(DatabaseName=schema, Name=name)["Table"]
            except glue.exceptions.EntityNotFoundException:
                raise Refused(f"TABLE_NOT_FOUND: Table '{schema}.{name}' does not exist") from None
            table = TrailTable(definition, self.clients["s3"])
            check_injected(parsed, table.injected)
            query.scanned += table.load(database)
        result = database.execute(translated)
        query.header = [column[0] for column in result.description]
        query.types = [str(column[1]).lower() for column in result.description]
        query.rows = [[text(v) for v in row] for row in result.fetchall()]
