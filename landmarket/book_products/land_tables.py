"""The tables of the land that a book is about (备选地块、权属、规划覆盖), each once."""

from __future__ import annotations

import pandas as pd

from landmarket.book_products.work import BookWork
from landmarket.land_book.candidate_rule import causes

_PLACE = ["township", "village"]


def candidate_table(work: BookWork) -> pd.DataFrame:
    """List candidates with causes, areas and missing evidence (备选地块).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a parcel that was looked at.
    """
    areas = [cause.column for cause in causes().values()]
    columns = [*("main_cause", "candidate_area", "legal_share", "evidence_status", "missing_evidence"), *areas]
    table = work.land.candidates[[*columns, "other_area"]]
    return placed(work, table.join(work.states["book_state"]))


def owner_table(work: BookWork) -> pd.DataFrame:
    """List who owns every part of each parcel, disputes and decisions (权属).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row for each parcel and owner.
    """
    registers = work.registers
    decided = registers.decisions.reset_index().sort_values(["vote_on", "decision_no"])
    last = decided.drop_duplicates("parcel_code", keep="last").set_index("parcel_code")
    told = last[["decision_no", "vote_on", "decision_answer", "decision_text"]]
    of_parcel = work.land.owners.join(registers.disputes[["dispute_state", "dispute_text"]]).join(told)
    parts = work.land.parts.merge(of_parcel, left_on="parcel_code", right_index=True, how="left")
    return placed(work, parts.set_index("parcel_code"))


def coverage_table(work: BookWork) -> pd.DataFrame:
    """List which plans cover every parcel (规划覆盖).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a parcel that was looked at.
    """
    return placed(work, work.land.coverage)


def waiting_table(work: BookWork) -> pd.DataFrame:
    """List villages whose plan must come first (规划编制清单).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a village.
    """
    return work.land.waiting.reset_index()


def places_table(work: BookWork) -> pd.DataFrame:
    """List township and village of the parcels looked at and of those in the book (宗地位置).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        ``township`` and ``village``, indexed by parcel code.
    """
    own = pd.DataFrame(work.land.parcels[_PLACE])
    further = work.places[_PLACE]
    return pd.concat([own, further[~further.index.isin(own.index)]])


def placed(work: BookWork, table: pd.DataFrame) -> pd.DataFrame:
    """Put the code, then township and village, before a table's own columns (带位置的表).

    Parameters
    ----------
    work : BookWork
        A county's land book.
    table : DataFrame
        Indexed by parcel code, each as often as it comes.

    Returns
    -------
    DataFrame
        One row each, in the order of the table.
    """
    places = places_table(work).reindex(table.index)
    return (
        places.join(table).rename_axis("parcel_code").reset_index() if table.index.is_unique else _beside(places, table)
    )


def _beside(places: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    there = pd.concat([places.reset_index(drop=True), table.reset_index(drop=True)], axis=1)
    there.insert(0, "parcel_code", table.index)
    return there
