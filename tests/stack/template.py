"""`template.yaml` as data, with its intrinsic functions resolved for given parameters."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "trailward",
}
NO_VALUE = object()


class _Loader(yaml.SafeLoader):
    pass


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


class Template:
    """The template under one set of parameters."""

    def __init__(self, **parameters: str) -> None:
        self.raw = yaml.load((ROOT / "template.yaml").read_text(), _Loader)
        unknown = parameters.keys() - self.raw["Parameters"].keys()
        assert not unknown, f"no such parameters: {unknown}"
        self.parameters = {
            name: parameters.get(name, declared.get("Default"))
            for name, declared in self.raw["Parameters"].items()
        }

    def resources(self, kind: str | None = None) -> dict[str, dict]:
        """The resources that exist under these parameters, resolved, by logical name."""
        return {
            name: self.resolve({k: v for k, v in resource.items() if k != "Condition"})
            for name, resource in self.raw["Resources"].items()
            if (kind is None or resource["Type"] == kind)
            and ("Condition" not in resource or self.holds(resource["Condition"]))
        }

    def properties(self, name: str) -> dict:
        """The properties of one resource, resolved."""
        return self.resources()[name]["Properties"]

    def holds(self, condition) -> bool:
        """Whether a condition, by name or as written, holds."""
        if isinstance(condition, str):
            return self.holds(self.raw["Conditions"][condition])
        (function, argument), = condition.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals":
            return self.resolve(argument[0]) == self.resolve(argument[1])
        inner = [self.holds(c) for c in argument]
        return {"Fn::Not": not inner[0], "Fn::And": all(inner), "Fn::Or": any(inner)}[function]

    def resolve(self, value):
        """`value` without intrinsic functions; a reference to a resource is its name."""
        if isinstance(value, list):
            resolved = (self.resolve(item) for item in value)
            return [item for item in resolved if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        resolved = {k: self.resolve(v) for k, v in value.items()}
        return {k: v for k, v in resolved.items() if v is not NO_VALUE}

    def _call(self, function: str, argument):
        if function == "Ref":
            return self._ref(argument)
        if function == "Fn::GetAtt":
            return ".".join(argument)
        if function == "Fn::If":
            return self.resolve(argument[1] if self.holds(argument[0]) else argument[2])
        argument = self.resolve(argument)
        if function == "Fn::Join":
            return argument[0].join(argument[1])
        if function == "Fn::Split":
            return argument[1].split(argument[0])
        if function == "Fn::FindInMap":
            return self.raw["Mappings"][argument[0]][str(argument[1])][argument[2]]
        if function == "Fn::Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})

            def fill(match: re.Match) -> str:
                name = match.group(1)
                if name.startswith("!"):
                    return "${" + name[1:] + "}"
                return str(own[name] if name in own else self._ref(name))

            return re.sub(r"\$\{([^}]+)\}", fill, text)
        raise ValueError(f"{function} is not resolved here")

    def _ref(self, name: str):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            value = self.parameters[name]
            listed = self.raw["Parameters"][name]["Type"] == "CommaDelimitedList"
            return value.split(",") if listed else value
        assert name.split(".")[0] in self.raw["Resources"], f"reference to unknown `{name}`"
        return name


def existing(of: type[Template] = Template, **parameters: str) -> Template:
    """Over an existing trail of one account."""
    return of(TrailBucketName="trail-bucket", AlertEmail="a@example.com", **parameters)


def created(of: type[Template] = Template, **parameters: str) -> Template:
    """With everything that the template can create."""
    return of(
        TrailSource="create", OrganizationId="o-exampleorg1", CisOrganizations="yes",
        CentralLogGroupName="aws/cloudtrail/managementevents", AlertEmail="a@example.com",
        RulesWriterRoleArn="arn:aws:iam::123456789012:role/rules", **parameters,
    )
