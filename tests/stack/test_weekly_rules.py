"""A team's own rules, from its bucket through an alert into the weekly report."""

import datetime
import re

import pytest

import deploy
import trail_files
from stage import Stage

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
GOOD_ID, TRIAL_ID = "5f0d6f0e-6a0c-4a8b-9a51-0d2f2f7b9f01", "5f0d6f0e-6a0c-4a8b-9a51-0d2f2f7b9f02"


def rule(title: str, ident: str, call: str, more: str = "") -> str:
    return (f"title: {title}\nid: {ident}\nlogsource: {{product: aws, service: cloudtrail}}\n"
            f"detection:\n  it: {{eventSource: ssm.amazonaws.com, eventName: {call}}}\n"
            f"  condition: it\nlevel: high\n{more}")


GOOD = rule("A parameter was deleted", GOOD_ID, "DeleteParameter")
TRIAL = rule("A parameter was read", TRIAL_ID, "GetParameter", "trailward: {staged: yes}\n")
SILENT = rule("A parameter was labelled", "silent", "LabelParameterVersion")
# The id wants to be a line of its own; line 5 has a modifier that does not exist.
BROKEN = rule("Broken", '"broken\\n  [CT-999] all is well"', "PutParameter").replace(
    "eventName:", "eventName|begins:")
EXCEPTION = f"""title: The yearly drill
id: drill
logsource: {{product: aws, service: cloudtrail}}
filter:
  rules: [{GOOD_ID}]
  it: {{userIdentity.userName: nobody}}
  condition: not it
trailward: {{owner: platform, reason: a drill, expires: {(NOW + datetime.timedelta(days=3)):%Y-%m-%d}}}
"""
FILES = {
    "rules/good.yml": GOOD, "rules/deep/trial.yml": TRIAL, "rules/silent.yml": SILENT,
    "rules/broken.yml": BROKEN, "exceptions.yml": EXCEPTION,
    "lists/tor-exits.txt": "203.0.113.99\n",
}


def schedule(days: int) -> dict:
    """The schedule's input so many days from now: the week before it holds today."""
    return {"time": (NOW + datetime.timedelta(days=days)).strftime("%Y-%m-%dT07:00:00Z")}


def calls() -> list[dict]:
    when = NOW - datetime.timedelta(minutes=5)
    return [
        trail_files.record(name, "ssm.amazonaws.com", when.strftime("%Y-%m-%dT%H:%M:%SZ"),
                           sourceIPAddress="203.0.113.99", requestParameters={"name": "/a"})
        for name in ["DeleteParameter", "GetParameter", "GetParameter"]
    ]


@pytest.fixture(scope="module")
def team():
    """A stack of its own whose bucket held the team's files before any function began."""
    missing = deploy.built()
    assert not missing, f"not built: {missing}; run `make build PROFILE=dev`"
    with Stage(enforce_iam=True) as stage:
        s3 = stage.emulator.client("s3")
        for name, text in FILES.items():
            s3.put_object(Bucket=stage.outputs["RulesBucketName"], Key=name, Body=text.encode())
        trail_files.put(stage.emulator, calls(), day=NOW.strftime("%Y/%m/%d"))
        stage.put_log_events(calls())
        yield stage


def report(stage, days: int) -> str:
    stage.mails()
    run = stage.invoke("weekly-report", schedule(days))
    assert not run.failed, run.answer
    (mail,) = stage.mails()
    return mail.body


def section(text: str, head: str) -> str:
    return text.partition(f"\n{head}:\n")[2].partition("\n\n")[0]


def test_the_teams_rules_alert_and_refusals_are_mailed(team):
    mails = team.mails()
    assert any(GOOD_ID in mail.body for mail in mails), [m.subject for m in mails]
    assert not any(TRIAL_ID in mail.body for mail in mails), "it is on trial"
    (changed,) = [mail for mail in mails if "Rules changed" in mail.subject]
    assert "rules/broken.yml:5" in changed.body and "`begins`" in changed.body


def test_the_report_names_the_teams_rules_and_what_was_refused(team):
    text = report(team, 1)
    rules = section(text, "Rules")
    assert re.search(r"Rules in use: \d{3} built in, 3 of the team\n", rules), rules
    assert "- [HIGH] A parameter was deleted (1, the team's)\n" in rules
    assert "would have said:\n    - [HIGH] A parameter was read (2, the team's)\n" in rules
    assert "without a finding:\n    - A parameter was labelled\n" in rules
    assert "- The yearly drill (platform): ends on " in rules
    _, _, refused = rules.partition("refused at load, out of use until mended (faults: 2):\n")
    ident, modifier = refused.splitlines()
    whose = "rule `broken\ufffd  [CT-999] all is well`: "
    assert ident.strip().startswith(f"- rules/broken.yml:2: {whose}`id`: ")
    assert modifier.strip().startswith(f"- rules/broken.yml:5: {whose}unknown modifier `begins`; valid are")
    assert "`startswith`" in modifier
    assert not re.search(r"^\s*\[CT-999\]", text, re.MULTILINE), "no line is forged"
    assert "Missing from this report" not in text


def test_a_bucket_that_cannot_be_read_is_a_gap_and_not_a_missing_report(team):
    bucket = f"arn:aws:s3:::{team.outputs['RulesBucketName']}"
    for days, action, resource in [(2, "s3:ListBucket", bucket), (3, "s3:GetObject", f"{bucket}/*")]:
        with team.denied("weekly-report", action, resource):
            text = report(team, days)
        rules = section(text, "Rules")
        assert re.search(r"Rules in use: \d{3} built in\n", rules), rules
        assert "The team's rules, lists and exceptions: not known, see what is missing below\n" in rules
        assert f"- [NOT LOADED] {GOOD_ID} (1)\n" in rules
        assert rules.endswith("Rules refused at load: not known, see what is missing below"), rules
        (gap,) = section(text, "Missing from this report").splitlines()
        assert "team_rules: S3 refuses while" in gap and "AccessDenied" in gap, gap
        assert team.outputs["RulesBucketName"] in gap
