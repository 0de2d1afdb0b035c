"""What a county's land book rests on (依据): rules on candidates, decisions, plans, terms, idle land, weak villages."""

from __future__ import annotations

from hashlib import sha256

import pandas as pd

from landmarket.book_products.work import BookWork
from landmarket.io.tables import csv_bytes
from landmarket.land_book.clocks import clocks
from landmarket.land_book.decisions import decision_rules
from landmarket.land_book.kinds import event_kinds
from landmarket.products import rules_used
from landmarket.report import rule_sources, stated_sources
from landmarket.rules import Rule, national_rules, shipped_rules
from landmarket.units import wan_text

_ASKED = ("decision_", "vote_", "entry_plan_types")


def sources_table(work: BookWork) -> pd.DataFrame:
    """List what the land book's tables rest on (依据).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        The columns of `landmarket.report.rule_sources`; those of the main job last.
    """
    plan = work.plan
    book = book_facts(work)
    stated = {"台账日": f"{work.on:%Y-%m-%d}", "汇总年度": f"{work.year}", "台账事件": f"{book['events']} 条"}
    stated |= {"台账事件的 SHA-256": str(book["sha256"]), "入市所需规划": "、".join(work.land.plan_types)}
    weak = {"集体经济薄弱村：年经营收入低于": f"{wan_text(plan.weak_income_fen)} 万元"}
    files = {f"文件：{path.stem}": path.name for path in plan.files}
    return pd.concat(
        [
            stated_sources(stated, "土地台账"),
            stated_sources(weak | files, plan.source),
            rule_sources(_rules(work)),
            _kinds(),
            rules_used(work.main),
        ],
        ignore_index=True,
    )


def _rules(work: BookWork) -> list[Rule]:
    """Rules in force on the day that were asked, each once."""
    local, county, day = work.registers.rules, work.county, work.on
    known = (*local, *decision_rules(local), *national_rules(), *shipped_rules("land_book/data"))
    keys = {clock.rule for clock in clocks() if clock.rule}
    asked = [rule for rule in known if rule.key in keys or rule.key.startswith(_ASKED)]
    held = [rule for rule in asked if rule.holds(day, county.county, county.pilot)]
    return list(dict.fromkeys([*work.land.rule.sources, *held, *work.idle.rules]))


def _kinds() -> pd.DataFrame:
    """Events and what their conditions rest on."""
    kinds = list(event_kinds().values())
    named = stated_sources({f"事件：{kind.name}": kind.phase for kind in kinds}, "")
    verified = pd.array([kind.verified for kind in kinds], dtype="boolean")
    return named.assign(source=[kind.source for kind in kinds], verified=verified)


def book_facts(work: BookWork) -> dict[str, int | str]:
    """Say which events were read (台账指纹): the same for the same book, wherever it is kept.

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    dict
        ``events``, how many; ``last_recorded_at``; ``sha256`` of all of them as CSV.
    """
    last = work.events["recorded_at"].max() if len(work.events) else ""
    digest = sha256(csv_bytes(work.events)).hexdigest()
    return {"events": len(work.events), "last_recorded_at": str(last), "sha256": digest}
