"""Pages in the ledger that show people: each says which frames are on it, so that an erasure finds it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flows import _wiring


def note(run: Any, files: Sequence[str], frames: Sequence[Mapping[str, Any]], *, copies: Sequence[str] = ()) -> None:
    """Before the pictures themselves: an open `run` says which frames are going to be in its artifacts `files`."""
    from components.ledger.pages import SHOWN, TAG

    if frames:
        content = {"files": list(files), "frames": [dict(each) for each in frames], "copies": list(copies)}
        run.text(SHOWN, json.dumps(content, indent=1))
        run.tag(TAG, "yes")


class Pages:
    """The pages that show somebody who is to be erased. Raises InputError where the ledger cannot be asked."""

    def __init__(self, config: Mapping[str, Any], storage: Any, database: Any, request: Any) -> None:
        from components.ledger.pages import Pages as Known
        from components.retention import containing, person
        from components.retention.marks import marks

        ledger = _wiring.make(config["ledger"])
        moments = person.trace(storage, request).moments
        self._known, self._database, self._marks = Known(ledger.uri, experiment=ledger.experiment), database, marks(database)
        shown = list(containing.datasets(storage, request, moments))
        keys = {(each.dataset, key) for each in shown for key in each.frames}
        self.found = [
            page for page in self._known.showing()
            if any(_shows(frame, request, moments, keys) for frame in page.frames)
        ]  # fmt: skip
        self.found += self._known.learning([each.dataset for each in shown])

    def files(self, *, without: Collection[str] = ()) -> list[str]:
        """The artifacts, as the chain names them; `without` those of some runs."""
        return [path for page in self.found if _name(page) not in without for path in _paths(page)]

    def erase(self, run: str) -> dict[str, list[str]]:
        """Take them out, and enter it into the chain; by run, the holds that keep those which stay."""
        from components.retention.chain import Event, enter

        held = {}
        for page in self.found:
            if holds := self._holds(page):
                held[_name(page)] = list(holds)
                continue
            self._known.remove(page)
            gone = [Event(kind="deleted", run=run, path=path, rule="erasure", detail={"how": "delete"}) for path in _paths(page)]
            enter(self._database, lambda _session, gone=gone: gone)  # type: ignore[misc]
        return held

    def _holds(self, page: Any) -> tuple[str, ...]:
        from components.retention.items import Item, Span
        from components.retention.marks import holds_on

        spans = tuple(Span(frame["camera"], frame["time"], frame["time"] + 1) for frame in page.frames)
        return holds_on(Item(_name(page), page.files, spans, 0), self._marks)


def _name(page: Any) -> str:
    return f"mlflow/{page.run}"


def _paths(page: Any) -> list[str]:
    return [f"{_name(page)}/{file}" for file in page.files]


def _shows(
    frame: Mapping[str, Any], request: Any, moments: Mapping[str, Sequence[int]], keys: set[tuple[str, str]]
) -> bool:  # fmt: skip
    from components.retention.containing import seen

    if (frame.get("dataset"), frame.get("key")) in keys:
        return True
    within = request.start <= frame["time"] < request.end
    return within and seen(moments.get(frame["camera"], ()), frame["time"])
