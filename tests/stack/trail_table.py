"""The trail's log files as a DuckDB table, as the Glue table declares them.

Column types, partition columns and the layout of the bucket are read from the
deployed table itself, so a wrong declaration shows as a wrong answer.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile

import duckdb
from sqlglot import exp


class Refused(Exception):
    """What Athena would refuse before it runs."""


def parse_type(text: str):
    """A Hive type as nested tuples: `("struct", {name: type})`, `("array", type)`, ..."""
    text = text.strip()
    head, _, rest = text.partition("<")
    inner = rest[:-1]
    if head == "struct":
        fields = (part.partition(":") for part in _split(inner))
        return "struct", {name.strip(): parse_type(kind) for name, _, kind in fields}
    if head == "array":
        return "array", parse_type(inner)
    if head == "map":
        return "map", parse_type(_split(inner)[1])
    if text != "string":
        raise ValueError(f"column type `{text}` is not read here")
    return "string", None


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "<") - (char == ">")
        if char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return parts + [text[start:]]


def duckdb_type(kind) -> str:
    """The DuckDB spelling of a parsed type."""
    name, inner = kind
    if name == "struct":
        return "STRUCT(" + ", ".join(f'"{k}" {duckdb_type(v)}' for k, v in inner.items()) + ")"
    if name == "array":
        return duckdb_type(inner) + "[]"
    if name == "map":
        return f"MAP(VARCHAR, {duckdb_type(inner)})"
    return "VARCHAR"


def typed(value, kind):
    """A JSON value as the SerDe gives it: names without case, text where a string is declared."""
    name, inner = kind
    if value is None:
        return None
    if name == "struct":
        if not isinstance(value, dict):
            return None
        lower = {k.lower(): v for k, v in value.items()}
        return {k: typed(lower.get(k), v) for k, v in inner.items()}
    if name == "array":
        return [typed(v, inner) for v in value] if isinstance(value, list) else None
    if name == "map":
        return {k: typed(v, inner) for k, v in value.items()} if isinstance(value, dict) else None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def check_injected(query: exp.Expression, columns: list[str]) -> None:
    """Refuses a query without an equality on a partition column of type `injected`."""
    for column in columns:
        compared = (
            side.name == column
            for test in query.find_all(exp.EQ, exp.In)
            for side in (test.this, test.args.get("expression"))
            if isinstance(side, exp.Column)
        )
        if not any(compared):
            raise Refused(
                f"CONSTRAINT_VIOLATION: For the injected projected partition column {column}, "
                "the WHERE clause must contain only static equality conditions, and at least "
                "one such condition must be present."
            )


class TrailTable:
    """One Glue table over a trail's bucket."""

    def __init__(self, definition: dict, s3) -> None:
        self.name = definition["Name"]
        self._s3 = s3
        storage = definition["StorageDescriptor"]
        self.columns = {c["Name"]: parse_type(c["Type"]) for c in storage["Columns"]}
        self.partitions = [k["Name"] for k in definition["PartitionKeys"]]
        parameters = definition["Parameters"]
        self.injected = [
            p for p in self.partitions if parameters.get(f"projection.{p}.type") == "injected"
        ]
        self._template = parameters["storage.location.template"]
        if not self._template.startswith(storage["Location"]):
            raise ValueError("storage.location.template lies outside the table's location")

    def load(self, database: duckdb.DuckDBPyConnection) -> int:
        """Creates the table and fills it from S3; returns the bytes read."""
        bucket, _, layout = self._template.removeprefix("s3://").partition("/")
        prefix = layout.partition("${")[0]
        pattern = re.escape(layout)
        for name in self.partitions:
            value = r"\d{4}/\d{2}/\d{2}" if name == "day" else "[^/]+"
            pattern = pattern.replace(re.escape("${" + name + "}"), f"(?P<{name}>{value})")
        columns = {n: duckdb_type(k) for n, k in self.columns.items()}
        columns |= {name: "VARCHAR" for name in self.partitions}
        read = 0
        with tempfile.NamedTemporaryFile("w", suffix=".json") as rows:
            for key in self._keys(bucket, prefix):
                place = re.match(pattern + "[^/]+$", key)
                if place is None:
                    continue
                body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                read += len(body)
                self._write_rows(rows, body, place.groupdict())
            rows.flush()
            declared = ", ".join(f"'{n}': '{t}'" for n, t in columns.items())
            database.execute(
                f'CREATE TABLE "{self.name}" AS SELECT * FROM read_json('
                f"'{rows.name}', format = 'newline_delimited', columns = {{{declared}}}, "
                "maximum_object_size = 33554432)"
            )
        return read

    def _keys(self, bucket: str, prefix: str):
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _write_rows(self, rows, body: bytes, place: dict[str, str]) -> None:
        document = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        for record in document.get("Records", []):
            lower = {k.lower(): v for k, v in record.items()}
            row = {n: typed(lower.get(n), kind) for n, kind in self.columns.items()}
            json.dump(row | place, rows)
            rows.write("\n")
