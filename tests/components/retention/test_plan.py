from __future__ import annotations

from components.retention.items import DAY, Item, Span
from components.retention.marks import Mark, Scope
from components.retention.plan import SHOWN, Report, Verdict, judge
from components.retention.policy import Policy, Rule
from tests.components.retention.conftest import TEN

POLICY = Policy((Rule(name="footage", prefix="raw", keep_days=1), Rule(name="datasets", prefix="datasets", keep_days=1)))
HOLD = Mark("hold", "case", Scope(cameras=("bay_a",)), "", "Lee", "because", 0)


def _item(path: str, *spans: Span, size: int = 5) -> Item:
    return Item(path, (path,), spans, size)


def _verdict(item: Item, *marks: Mark, users: tuple[str, ...] = ()) -> Verdict:
    (verdict,) = judge([item], POLICY, marks, users=lambda _: users, now=TEN + DAY)
    return verdict


def test_every_fate() -> None:
    old, young = Span("bay_a", TEN - 5, TEN), Span("bay_a", TEN - 5, TEN + 1)
    assert _verdict(_item("raw/a", old)).outcome == "due"
    assert _verdict(_item("raw/a", young)).outcome == "kept"
    assert _verdict(_item("raw/a")).outcome == "no time"
    assert _verdict(_item("models/a", old)).outcome == "no rule"
    assert (_verdict(_item("raw/a", old), HOLD).outcome, _verdict(_item("raw/a", old), HOLD).because) == ("held", ("case",))
    used = _verdict(_item("datasets/d", old), users=("model x/1",))
    assert (used.outcome, used.because) == ("in use", ("model x/1",))
    assert _verdict(_item("raw/a", old), users=("model x/1",)).outcome == "due"  # only datasets are used


def test_a_report_counts_and_names_a_few() -> None:
    report, old = Report(), Span("bay_a", TEN - 5, TEN)
    for number in range(SHOWN + 5):
        report.see(_verdict(_item(f"raw/{number}", old)), [])
    report.see(_verdict(_item("raw/held", old, size=7), HOLD), [HOLD])
    assert (report.due["footage"].files, report.due["footage"].bytes) == (SHOWN + 5, 5 * (SHOWN + 5))
    assert str(report.held["case"]) == "1 files, 7 bytes" and report.covered == {"case": 1}
    assert len(report.examples["footage"]) == SHOWN and report.idle(POLICY) == ["datasets"]
    assert report.plain()["due"] == {"footage": {"files": SHOWN + 5, "bytes": 5 * (SHOWN + 5)}}


def test_a_rule_whose_only_match_has_no_time_has_matched() -> None:
    report = Report()
    report.see(_verdict(_item("raw/a")), [])
    assert report.idle(POLICY) == ["datasets"] and report.without_time == 1
