"""`make check`: every policy of the template under a policy linter (parliament).

It knows each action, the resources that an action works on and the conditions
that it takes, so it finds what a policy says in vain: an action that does not
exist, or one on a resource that it never touches. Trust policies name no
resource and are left to `test_template.py`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from parliament import analyze_policy_string

from template import PSEUDO, Template, created, existing

# Findings that stand, each with the reason. One that no longer occurs fails.
STAND = {
    ("AlertKey", "RESOURCE_STAR"): "a key policy speaks of its own key",
    ("TrailKey", "RESOURCE_STAR"): "a key policy speaks of its own key",
    ("TrailKey", "UNKNOWN_CONDITION_FOR_ACTION"):
        "AWS documents this statement for log groups, DescribeKey under its condition included",
    ("TrailKey", "MISMATCHED_TYPE"):
        "an encryption context is text to the linter; CloudWatch Logs puts an ARN there",
}

# How an ARN of each kind of resource goes on behind the account.
ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::Rule": "events:{region}:{account}:rule/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/00000000-0000-4000-8000-000000000000",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::Serverless::Function": "lambda:{region}:{account}:function:{name}",
}
POLICIES = ("PolicyDocument", "KeyPolicy")


class WithArns(Template):
    """The template with ARNs where a policy names a resource of the stack."""

    def _arn(self, name: str) -> str:
        kind = self.raw["Resources"][name]["Type"]
        rest = ARNS[kind].format(
            region=PSEUDO["AWS::Region"], account=PSEUDO["AWS::AccountId"], name=name.lower()
        )
        return f"arn:aws:{rest}"

    def _call(self, function: str, argument):
        if function == "Fn::GetAtt" and argument[1] == "Arn" and self._kind(argument[0]) in ARNS:
            return self._arn(argument[0])
        return super()._call(function, argument)

    def _ref(self, name: str):
        name, _, attribute = name.partition(".")
        if attribute == "Arn" or self._kind(name) == "AWS::SNS::Topic":
            return self._arn(name)
        return super()._ref(name if not attribute else f"{name}.{attribute}")

    def _kind(self, name: str) -> str | None:
        return self.raw["Resources"].get(name, {}).get("Type")


def documents(template: Template) -> Iterator[tuple[str, dict]]:
    """Every policy document: the resource it belongs to, the document."""
    for name, resource in template.resources().items():
        properties = resource["Properties"]
        for key in POLICIES:
            if key in properties:
                yield name, properties[key]
        for policy in properties.get("Policies", []):
            yield name, policy.get("PolicyDocument", policy)


def findings(template: Template) -> Iterator[tuple[tuple[str, str], str]]:
    """What the linter says: the resource with the kind of finding, and its words."""
    for name, document in documents(template):
        for found in analyze_policy_string(json.dumps(document)).findings:
            yield (name, found.issue), f"{name}: {found.issue} {found.detail}"


def main() -> int:
    """0: nothing is left to say; 1: something is."""
    templates = [existing(WithArns), created(WithArns)]
    said = {}
    linted = 0
    for template in templates:
        linted += sum(1 for _ in documents(template))
        said.update(findings(template))
    wrong = [words for key, words in said.items() if key not in STAND]
    wrong += [f"{name}: {issue} is not found any more: take its reason out"
              for name, issue in STAND.keys() - said.keys()]
    for words in wrong:
        print(words, file=sys.stderr)
    print(f"{linted} policies, {len(said)} findings, {len(STAND)} of them with a reason")
    return 1 if wrong or not linted else 0


if __name__ == "__main__":
    sys.exit(main())
