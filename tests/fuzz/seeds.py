"""Seeds for the fuzz targets: the stories' payloads and records, the rules.

usage: seeds.py FOLDER    writes FOLDER/TARGET/NAME for every target
"""

import base64
import gzip
import json
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


def main(folder: Path) -> None:
    def seed(target: str, name: str, content: bytes) -> None:
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / f"seed-{name}").write_bytes(content)

    for path in sorted(TOP.glob("events/*/*.json*")):
        name = f"{path.parent.name}-{path.stem}"
        if path.suffix == ".jsonl":
            lines = path.read_bytes().splitlines()
            seed("file", name, b"\n".join(lines[:3]))
            # Small seeds: what a mutation does to a long one it does to none.
            for number, line in enumerate(lines[:4]):
                seed("scanner", f"{name}-{number}", line)
            records = b'{"Records":[' + b",".join(lines[:2]) + b"]}"
            seed("file", f"{name}-trail", records)
            continue
        content = json.loads(path.read_bytes())
        data = content.get("awslogs", {}).get("data") if isinstance(content, dict) else None
        if data is None:
            seed("file", name, path.read_bytes())
            continue
        text = json.loads(gzip.decompress(base64.b64decode(data)))
        text["logEvents"] = text["logEvents"][:2]
        short = json.dumps(text, separators=(",", ":")).encode()
        seed("payload", name, short)
        seed("payload", f"{name}-packed", base64.b64encode(gzip.compress(short)))
        seed("file", f"{name}-payload", short)
    rules = [TOP / "shared/rules", TOP / "tests/peer/rules", TOP / "shared/detection/tests/broken"]
    for path in (path for rule_folder in rules for path in sorted(rule_folder.rglob("*.yml"))):
        if not path.name.endswith(".cases.yml"):
            seed("rule", f"{path.parent.name}-{path.stem}", path.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
