"""Irregularities (异常): what the land book and the registers beside it show to be wrong or late, in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from landmarket.land_book.after_deal import UNSETTLED

IRREGULARITY_COLUMNS = ["register", "register_key", "irregularity", "irregularity_text"]
BOOK = "台账事件"
SETTLED_SHORT, PAID_OVER, USE_CHANGED, DISPUTED = "缴清与缴款不符", "缴款多于成交价", "改变用途", "权属争议未解决"
NOT_COUNTED, PLAN_EXPIRED, PLAN_OPEN = "缺成员人数", "规划已过期", "规划没有批准"
OPEN_EVIDENCE, NO_CANDIDATE, NOT_BUILT = "备选证据待补", "不能列入备选", "调查不是建设用地"
_EARLY = "太早"
_BROKEN = ("逾期未履行", "逾期履行", _EARLY)
TOLERANCE = 1.0
"""Area up to which a part is a matter of drawing [㎡]."""


def term_irregularities(terms: pd.DataFrame) -> pd.DataFrame:
    """List the terms that were not kept (期限异常).

    Parameters
    ----------
    terms : DataFrame
        As from `due_dates`.

    Returns
    -------
    DataFrame
        `IRREGULARITY_COLUMNS`; ``irregularity`` is the term and what became of it.
    """
    broken = terms[terms["clock_state"].isin(_BROKEN)]
    state = broken["clock_state"].replace(_EARLY, "未满")
    due, met = (broken[name].dt.strftime("%Y-%m-%d") for name in ("due_by", "met_on"))
    done = ("，实际 " + met).fillna("，尚未办理")
    late = broken["overdue_days"].astype("str").radd("，逾期 ").add(" 日").where(broken["overdue_days"].notna(), "")
    bound = broken["clock_state"].eq(_EARLY).map({True: "不早于 ", False: "应于 "})
    texts = bound + due + done + late + "（" + broken["clock_source"].fillna("") + "）"
    return _listed(BOOK, broken["parcel_code"], broken["clock"] + state, texts)


def deal_irregularities(deals: pd.DataFrame) -> pd.DataFrame:
    """List deals whose land lies idle, changed its use, is disputed, or was not paid as it should be (成交异常).

    Parameters
    ----------
    deals : DataFrame
        As from `after_deals`.

    Returns
    -------
    DataFrame
        `IRREGULARITY_COLUMNS`.
    """
    idle = deals[deals["idle_state"].ne("")]
    changed = deals[deals["use_changed_on"].notna()]
    unpaid = deals["unpaid_fen"].fillna(0)
    short = deals[deals["paid_up_on"].notna() & unpaid.gt(0)]
    over = deals[unpaid.lt(0)]
    days = {name: deals[name].dt.strftime("%Y-%m-%d").fillna("") for name in ("idle_since", "use_changed_on")}
    return pd.concat(
        [
            _listed(BOOK, idle.index, idle["idle_state"], "自 " + days["idle_since"].loc[idle.index]),
            _listed(BOOK, changed.index, USE_CHANGED, days["use_changed_on"].loc[changed.index]),
            _listed(BOOK, short.index, SETTLED_SHORT, UNSETTLED),
            _listed(BOOK, over.index, PAID_OVER, PAID_OVER),
        ],
        ignore_index=True,
    )


def state_irregularities(states: pd.DataFrame) -> pd.DataFrame:
    """List parcels with a dispute that is open in the land book (台账争议).

    Parameters
    ----------
    states : DataFrame
        As from `parcel_states`.

    Returns
    -------
    DataFrame
        `IRREGULARITY_COLUMNS`.
    """
    facts = states["standing_facts"].fillna("").str.split("、")
    open_ = states[facts.map(lambda facts: DISPUTED in facts).astype("bool")]
    return _listed(BOOK, open_.index, DISPUTED, "台账状态：" + open_["book_state"].fillna(""))


def register_irregularities(
    decisions: pd.DataFrame, disputes: pd.DataFrame, plans: pd.DataFrame, collectives: pd.DataFrame, today: pd.Timestamp
) -> pd.DataFrame:
    """List what is wrong in the registers of decisions, disputes, plans and collectives (各台账异常).

    Parameters
    ----------
    decisions : DataFrame
        As from `check_decisions`.
    disputes : DataFrame
        As from `dispute_states`.
    plans : DataFrame
        As from `read_plan_register`.
    collectives : DataFrame
        As from `read_collectives`.
    today : Timestamp
        The day.

    Returns
    -------
    DataFrame
        `IRREGULARITY_COLUMNS`.
    """
    unsound = decisions[decisions["decision_answer"].ne("成立")]
    open_ = disputes[disputes["dispute_state"].eq("未解决")]
    expired = plans[plans["plan_expires_on"] < today]
    waiting = plans[plans["plan_approved_on"].isna()]
    uncounted = collectives[collectives["member_count"].isna()]
    ended = expired["plan_expires_on"].dt.strftime("%Y-%m-%d")
    return pd.concat(
        [
            _listed("民主决策", unsound.index, "决议" + unsound["decision_answer"], unsound["decision_text"]),
            _listed("权属争议", open_.index, DISPUTED, open_["dispute_text"]),
            _listed("规划台账", expired["plan_id"], PLAN_EXPIRED, _place(expired) + "，规划期末 " + ended),
            _listed("规划台账", waiting["plan_id"], PLAN_OPEN, _place(waiting)),
            _listed("集体台账", uncounted.index, NOT_COUNTED, uncounted["collective"]),
        ],
        ignore_index=True,
    )


def candidate_irregularities(candidates: pd.DataFrame, unsurveyed: pd.Series[float]) -> pd.DataFrame:
    """List candidates without all evidence, parcels without proof, and those the survey has as not built (备选异常).

    Parameters
    ----------
    candidates : DataFrame
        As from `landmarket.land_book.candidates.candidates`.
    unsurveyed : Series of float
        Area of every parcel that lies in no patch of the survey [㎡], on the same index.

    Returns
    -------
    DataFrame
        `IRREGULARITY_COLUMNS`.
    """
    waiting = candidates[candidates["evidence_status"].eq("待补")]
    barred = candidates[candidates["evidence_status"].eq("不是备选") & candidates["missing_evidence"].ne("")]
    bare = candidates["other_area"] - unsurveyed
    unbuilt = bare[bare.gt(TOLERANCE)]
    texts = [f"有 {area:.2f} ㎡ 按调查不是建设用地" for area in unbuilt]
    return pd.concat(
        [
            _listed("备选地块", waiting.index, OPEN_EVIDENCE, waiting["missing_evidence"]),
            _listed("备选地块", barred.index, NO_CANDIDATE, barred["missing_evidence"]),
            _listed("备选地块", unbuilt.index, NOT_BUILT, texts),
        ],
        ignore_index=True,
    )


def stray_irregularities(strays: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """List codes in registers that no accepted parcel has (对不上的宗地).

    Parameters
    ----------
    strays : mapping of str to sequence of str
        Codes by the register they stand in.

    Returns
    -------
    DataFrame
        `IRREGULARITY_COLUMNS`.
    """
    text = "采用的宗地中没有这个代码：核对代码，或改正宗地文件中暂不处理的宗地；这一行没有计入"
    tables = [_listed(register, list(codes), "宗地对不上", text) for register, codes in strays.items()]
    return pd.concat([_listed("", [], "", ""), *tables], ignore_index=True)


def _place(plans: pd.DataFrame) -> pd.Series[str]:
    return plans["plan_type"] + "：" + plans["township"] + plans["village"].fillna("")


def _listed(
    register: str,
    keys: pd.Index[str] | pd.Series[str] | list[str],
    kind: pd.Series[str] | str,
    texts: pd.Series[str] | list[str] | str,
) -> pd.DataFrame:
    columns = (register, kind, texts)
    filled = [[cell] * len(keys) if isinstance(cell, str) else np.asarray(cell, dtype=object) for cell in columns]
    named = dict(zip(("register", "irregularity", "irregularity_text"), filled, strict=True))
    table = pd.DataFrame({"register_key": np.asarray(keys, dtype=object), **named}, dtype="str")
    return table[IRREGULARITY_COLUMNS]
