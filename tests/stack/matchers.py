"""Small matchers for the two pattern languages that the emulator does not speak.

EventBridge: exact values, `prefix` and nested members. CloudWatch Logs JSON
patterns: `=`, `!=` with `*`, `EXISTS`, `NOT EXISTS`, `&&`, `||`, parentheses.
Anything else is an error, so that a pattern cannot pass by not being read.
"""

from __future__ import annotations

import fnmatch
import re


def event_matches(pattern: dict, event: dict) -> bool:
    """Whether an EventBridge pattern matches an event."""
    for name, wanted in pattern.items():
        value = event.get(name)
        if isinstance(wanted, dict):
            if not isinstance(value, dict) or not event_matches(wanted, value):
                return False
        elif not any(_value_matches(w, value) for w in wanted):
            return False
    return True


def _value_matches(wanted, value) -> bool:
    if isinstance(wanted, dict):
        (kind, argument), = wanted.items()
        if kind != "prefix":
            raise ValueError(f"`{kind}` is not matched here")
        return isinstance(value, str) and value.startswith(argument)
    return value == wanted


_TOKEN = re.compile(
    r'\s*(&&|\|\||!=|=|\(|\)|NOT EXISTS|EXISTS|"[^"]*"|\$\.[A-Za-z0-9_.]+|[A-Za-z0-9_.*:/-]+)'
)


def log_matches(pattern: str, record: dict) -> bool:
    """Whether a CloudWatch Logs JSON filter pattern matches a record."""
    inner = pattern.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise ValueError("a JSON pattern stands in braces")
    inner, tokens, at = inner[1:-1].strip(), [], 0
    while at < len(inner):
        token = _TOKEN.match(inner, at)
        if token is None:
            raise ValueError(f"cannot read the pattern from `{inner[at:at + 20]}`")
        tokens.append(token.group(1))
        at = token.end()
        while at < len(inner) and inner[at].isspace():
            at += 1
    verdict = _either(tokens, record)
    if tokens:
        raise ValueError(f"left over: {tokens}")
    return verdict


def _either(tokens: list[str], record: dict) -> bool:
    verdict = _both(tokens, record)
    while tokens and tokens[0] == "||":
        tokens.pop(0)
        verdict = _both(tokens, record) or verdict
    return verdict


def _both(tokens: list[str], record: dict) -> bool:
    verdict = _one(tokens, record)
    while tokens and tokens[0] == "&&":
        tokens.pop(0)
        verdict = _one(tokens, record) and verdict
    return verdict


def _one(tokens: list[str], record: dict) -> bool:
    token = tokens.pop(0)
    if token == "(":
        verdict = _either(tokens, record)
        if tokens.pop(0) != ")":
            raise ValueError("a parenthesis is not closed")
        return verdict
    value = record
    for name in token.removeprefix("$.").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    operator = tokens.pop(0)
    if operator in ("EXISTS", "NOT EXISTS"):
        return (value is not None) == (operator == "EXISTS")
    if operator not in ("=", "!="):
        raise ValueError(f"unknown operator `{operator}`")
    wanted = tokens.pop(0).strip('"')
    if value is None:
        # The strict reading: a pattern must guard an absent member itself.
        return False
    return fnmatch.fnmatchcase(str(value), wanted) == (operator == "=")
