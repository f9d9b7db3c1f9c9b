"""Take samples of events that have none from the services' logs: `scripts/take_samples.py DATABASE_URL…`.

Use the logs of the demo, such as `sqlite:///var/space/forum.sqlite`. Samples are committed, so never take them from a
system with real people. The sample is the newest event of the model's current version. Existing samples stay.
"""

import json
import sys
from pathlib import Path

from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bus.eventlog.schema import event_log
from contracts import catalogue
from contracts.check import FOLDER, Published
from contracts.common import Recorded
from core.database import Database


def main(urls: list[str], folder: Path = FOLDER) -> int:
    if not urls:
        print(__doc__, file=sys.stderr)
        return 2
    published = Published(folder)
    wanted = {
        (model.type, model.version)
        for model in catalogue.event_models()
        if not published.samples(model.type, model.version)
    }
    for url in urls:
        for recorded in newest(url, wanted):
            path = folder / "samples" / f"{recorded.type}.v{recorded.version}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(recorded.cloud_event(), ensure_ascii=False, indent=1)
            path.write_text(text + "\n", encoding="utf-8")
            wanted.discard((recorded.type, recorded.version))
            print(path.relative_to(folder.parent.parent))
    for type_, version in sorted(wanted):
        print(f"no log has an event {type_} of version {version}", file=sys.stderr)
    return 1 if wanted else 0


def newest(url: str, wanted: set[tuple[str, int]]) -> list[Recorded]:
    """The newest event of each wanted type and version in one log."""
    database = Database(url)
    try:
        with database.reading() as session:
            found = []
            for type_, version in sorted(wanted):
                query = (
                    select(event_log)
                    .where(event_log.c.type == type_, event_log.c.version == version)
                    .order_by(event_log.c.seq.desc())
                    .limit(1)
                )
                row = session.execute(query).mappings().first()
                if row is not None:
                    found.append(Recorded(producer=type_.split(".", 1)[0], **row))
            return found
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
