"""`make local`: deploys to the emulator, feeds a sample attack, prints what is mailed."""

from __future__ import annotations

import datetime
import sys

import deploy
import trail_files
from stage import Stage, bus_event

RULE = "-" * 72


def attack() -> list[dict]:
    """Somebody with a developer's key makes it an administrator's and blinds the trail."""
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)

    def at(seconds: int) -> str:
        return (start + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    iam, admin = "iam.amazonaws.com", "arn:aws:iam::aws:policy/AdministratorAccess"
    trail = f"arn:aws:cloudtrail:us-east-1:{trail_files.ACCOUNT}:trail/org-security-trail"
    return [
        trail_files.sign_in(at(0), user=trail_files.root_identity(), mfa="No"),
        trail_files.record("AttachUserPolicy", iam, at(30),
                           requestParameters={"userName": "dev-user", "policyArn": admin}),
        trail_files.record("CreateAccessKey", iam, at(45),
                           requestParameters={"userName": "backup-admin"}),
        trail_files.record("StopLogging", "cloudtrail.amazonaws.com", at(90),
                           requestParameters={"name": trail}),
    ]


def main() -> int:
    """Returns 1 where the attack brought no alert."""
    missing = deploy.built()
    if missing:
        print(f"not built: {', '.join(missing)}; run `make build PROFILE=dev`", file=sys.stderr)
        return 2
    print("starting the emulator and deploying ...", file=sys.stderr)
    with Stage() as stage:
        records = attack()
        print(f"root signs in: over the event bus ({len(records[:1])} event)", file=sys.stderr)
        stage.invoke("event-bus", bus_event(records[0]))
        print(f"the rest: through the log group ({len(records)} records)", file=sys.stderr)
        stage.put_log_events(records)
        mails = stage.mails()
        for mail in mails:
            print(f"{RULE}\n{mail.subject}\n\n{mail.body}\n")
        print(f"{len(mails)} alerts were mailed", file=sys.stderr)
        return 0 if mails else 1


if __name__ == "__main__":
    sys.exit(main())
