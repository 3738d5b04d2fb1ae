"""Another engine's verdicts: which of the events each rule finds, as pySigma
reads the rule.

pySigma turns a rule into a tree of conditions; this file walks that tree over
the events, as plainly as can be. It writes `verdicts.json`.

Where the specification leaves a choice to the backend, the choice is: fields
are compared as text, an object as JSON, without case unless `cased`, and with a
number as numbers, however they are spelt; null is absent or null; a keyword is
looked for inside every value. An array is tried element by element, at every
level of a path, and a name of a path may be a key that holds a dot.
"""

import datetime
import ipaddress
import json
import re
from importlib.metadata import version
from pathlib import Path

import yaml
from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND, ConditionNOT, ConditionOR
from sigma.exceptions import SigmaError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import ValueListPlaceholderTransformation
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    TimestampPart,
)

HERE = Path(__file__).resolve().parent
# What the Rust side of this test fills placeholders with.
LISTS = {"exits": ["203.0.113.9", "2001:db8::9"], "names": ["root", "user/mallory"]}
FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: re.IGNORECASE,
    SigmaRegularExpressionFlag.MULTILINE: re.MULTILINE,
    SigmaRegularExpressionFlag.DOTALL: re.DOTALL,
}
ABSENT = object()


def elements(value):
    """The value, or what an array and the arrays in it hold."""
    if isinstance(value, list):
        for inner in value:
            yield from elements(inner)
    else:
        yield value


def lookup(value, names: list[str]) -> list | None:
    """The values that a dotted path leads to; nothing if it leads nowhere."""
    if isinstance(value, list):
        found = [lookup(inner, names) for inner in value]
        found = [values for values in found if values is not None]
        return [value for values in found for value in values] if found else None
    if not isinstance(value, dict):
        return None
    for taken in range(1, len(names) + 1):
        key, rest = ".".join(names[:taken]), names[taken:]
        if key in value:
            found = lookup(value[key], rest) if rest else list(elements(value[key]))
            if found is not None:
                return found
    return None


def text(value) -> str | None:
    """What a test compares with; nothing for what is absent or null."""
    if value is ABSENT or value is None:
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def leaves(value):
    """Every value of an event that holds no other."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def number(value) -> float | None:
    written = text(value)
    if written is None or not re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", written):
        return None
    return float(written)


def part_of_time(part: TimestampPart, value) -> float | None:
    try:
        moment = datetime.datetime.fromisoformat(text(value) or "")
    except ValueError:
        return None
    if part is TimestampPart.WEEK:
        return float(moment.isocalendar().week)
    return float(getattr(moment, part.name.lower()))


def compare(wanted: SigmaCompareExpression, value) -> bool:
    bound = wanted.number
    if isinstance(bound, SigmaTimestampPart):
        found = part_of_time(bound.timestamp_part, value)
        bound = bound.number
    else:
        found = number(value)
    if found is None:
        return False
    bound = float(getattr(bound, "number", bound))
    operators = wanted.CompareOperators
    return {
        operators.LT: found < bound,
        operators.LTE: found <= bound,
        operators.GT: found > bound,
        operators.GTE: found >= bound,
        operators.NEQ: found != bound,
    }[wanted.op]


def refer(wanted: SigmaFieldReference, value, event: dict) -> bool:
    others = lookup(event, wanted.field.split(".")) or []
    return any(relates(wanted, value, other) for other in others)


def relates(wanted: SigmaFieldReference, value, other) -> bool:
    this, other = text(value), text(other)
    if this is None or other is None:
        return False
    this, other = this.lower(), other.lower()
    if wanted.starts_with and wanted.ends_with:
        return other in this
    if wanted.starts_with:
        return this.startswith(other)
    if wanted.ends_with:
        return this.endswith(other)
    return this == other


def inside(network: SigmaCIDRExpression, value) -> bool:
    try:
        return ipaddress.ip_address(text(value) or "") in network.network
    except ValueError:
        return False


def passes(wanted, value, event: dict) -> bool:
    """Whether a value passes the test that pySigma made of a rule's value."""
    match wanted:
        case SigmaExpansion():
            return any(passes(one, value, event) for one in wanted.values)
        case SigmaNull():
            return text(value) is None
        case SigmaFieldReference():
            return refer(wanted, value, event)
        case SigmaCIDRExpression():
            return inside(wanted, value)
        case SigmaCompareExpression():
            return compare(wanted, value)
        case SigmaTimestampPart():
            return part_of_time(wanted.timestamp_part, value) == float(wanted.number)
    written = text(value)
    if written is None:
        return False
    match wanted:
        case SigmaString():
            case = 0 if isinstance(wanted, SigmaCasedString) else re.IGNORECASE
            return bool(re.fullmatch(wanted.to_regex().regexp.to_plain(), written, case | re.DOTALL))
        case SigmaRegularExpression():
            flags = sum(FLAGS[flag] for flag in wanted.flags)
            return bool(re.search(wanted.regexp.to_plain(), written, flags))
        case SigmaNumber():
            return number(value) == float(wanted.number)
        case SigmaBool():
            return written.lower() == str(wanted.boolean).lower()
    raise NotImplementedError(type(wanted))


def holds(condition, event: dict) -> bool:
    """Whether a condition of pySigma's tree holds for an event."""
    match condition:
        case ConditionAND():
            return all(holds(part, event) for part in condition.args)
        case ConditionOR():
            return any(holds(part, event) for part in condition.args)
        case ConditionNOT():
            return not holds(condition.args[0], event)
    wanted = condition.value
    if hasattr(condition, "field"):
        found = lookup(event, condition.field.split("."))
        if isinstance(wanted, SigmaExists):
            return (found is not None) == wanted.exists
        found = [ABSENT] if found is None else found
        return any(passes(wanted, value, event) for value in found)
    if isinstance(wanted, SigmaString):
        wanted = SigmaString("*") + wanted + SigmaString("*")
    return any(passes(wanted, value, event) for value in leaves(event))


def verdict(document: str, events: list[dict]):
    """The events that a rule finds, or why pySigma refuses it."""
    pipeline = ProcessingPipeline(
        vars=LISTS, items=[ProcessingItem(ValueListPlaceholderTransformation())]
    )
    try:
        (rule,) = SigmaCollection.from_yaml(document).rules
        pipeline.apply(rule)
        conditions = [condition.parsed for condition in rule.detection.parsed_condition]
    except SigmaError as error:
        return {"refused": str(error)}
    found = (event for event in events if any(holds(one, event) for one in conditions))
    return [event["eventID"] for event in found]


def main() -> None:
    lines = (HERE / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    verdicts = {}
    for path in sorted(HERE.glob("rules/*.yml")):
        for document in path.read_text().split("---\n"):
            title = yaml.safe_load(document)["title"]
            assert title not in verdicts, f"two rules are called `{title}`"
            verdicts[title] = verdict(document, events)
    # One rule to a line, so that a change shows as what it is.
    rows = [f"    {json.dumps(title)}: {json.dumps(found)}" for title, found in verdicts.items()]
    body = ",\n".join(rows)
    engine = json.dumps(f"pySigma {version('pysigma')}")
    out = f'{{\n  "engine": {engine},\n  "verdicts": {{\n{body}\n  }}\n}}\n'
    (HERE / "verdicts.json").write_text(out)
    refused = sum(isinstance(found, dict) for found in verdicts.values())
    print(f"{len(verdicts)} rules over {len(events)} events, {refused} refused by pySigma")


if __name__ == "__main__":
    main()
