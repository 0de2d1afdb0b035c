"""A county's land book, computed (土地台账): registers, land, states, terms, deals, the year, what is irregular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from landmarket.book_products.income import deal_income, places_of, village_income
from landmarket.book_products.land import Land, look_at_land
from landmarket.book_products.registers import Registers, read_registers
from landmarket.county import County
from landmarket.distribution.township_incomes import read_township_incomes
from landmarket.errors import RuleError
from landmarket.land_book import Book, due_dates, parcel_states
from landmarket.land_book.after_deal import IdleRule, after_deals, idle_rule
from landmarket.land_book.book_plan import BookPlan, read_book_plan
from landmarket.land_book.irregularities import (
    candidate_irregularities,
    deal_irregularities,
    register_irregularities,
    state_irregularities,
    stray_irregularities,
    term_irregularities,
)
from landmarket.land_book.village_incomes import read_village_incomes
from landmarket.land_book.year import weak_villages, year_deals, year_table
from landmarket.products import Work, do_county
from landmarket.rules import national_rules, shipped_rules

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class BookWork:
    """A county's land book, followed through (土地台账).

    Attributes
    ----------
    main : Work
        The county's main job: parcels, owners, planned uses, prices.
    plan : BookPlan
        What the book is checked against.
    events : DataFrame
        All events of the book.
    on : date
        The day: what happened later is not looked at.
    year : int
        The year that is summed up.
    registers : Registers
        Registers beside the book.
    land : Land
        Candidates, owners, plans.
    idle : IdleRule
        When land lies idle.
    places : DataFrame
        Township, village and area of every parcel that the book names.
    states, terms, deals : DataFrame
        As from `parcel_states`, `due_dates` and `after_deals`.
    income : DataFrame
        The deals of the year divided, on parcel code, with ``split_gap``.
    townships : DataFrame
        As from `year_table`.
    villages : DataFrame
        Villages with what they earn and whether they are weak.
    irregularities : DataFrame
        Everything that is irregular.
    """

    main: Work
    plan: BookPlan
    events: pd.DataFrame
    on: date
    year: int
    registers: Registers
    land: Land
    idle: IdleRule
    places: pd.DataFrame
    states: pd.DataFrame
    terms: pd.DataFrame
    deals: pd.DataFrame
    income: pd.DataFrame
    townships: pd.DataFrame
    villages: pd.DataFrame
    irregularities: pd.DataFrame

    @property
    def county(self) -> County:
        """The county file."""
        return self.main.county


def county_book_plan(county: County) -> BookPlan:
    """Read the plan of the land book that a county file names (台账方案).

    Parameters
    ----------
    county : County
        The county file.

    Returns
    -------
    BookPlan
        The plan.

    Raises
    ------
    RuleError
        If the county file names none.
    """
    if county.book_plan is None:
        raise RuleError(f"{county.path}：[files] 没有 book_plan。办法：写明台账方案的 TOML 文件。")
    return read_book_plan(county.book_plan)


def do_book(county: County, book: Book, say: Say, *, on: date | None = None, year: int | None = None) -> BookWork:
    """Do the main job and follow the land book through.

    Parameters
    ----------
    county : County
        The county file; it must name a plan of the land book.
    book : Book
        The book.
    say : callable
        Told of each step, in Chinese, as it begins.
    on : date, optional
        The day; by default the county's.
    year : int, optional
        The year to sum up; by default that of the day.

    Returns
    -------
    BookWork
        All results, nothing written.

    Raises
    ------
    RuleError
        If the county file names no plan.
    """
    plan = county_book_plan(county)
    say("读取台账事件")
    events = book.events()
    main = do_county(county, say)
    day = on or county.on
    return book_work(main, plan, events, say, on=day, year=year or day.year)


def book_work(main: Work, plan: BookPlan, events: pd.DataFrame, say: Say, *, on: date, year: int) -> BookWork:
    """Follow a land book through (台账各表).

    Parameters
    ----------
    main : Work
        The county's main job.
    plan : BookPlan
        What the book is checked against.
    events : DataFrame
        All events of the book.
    say : callable
        Told of each step, in Chinese, as it begins.
    on : date
        The day.
    year : int
        The year to sum up.

    Returns
    -------
    BookWork
        All results.
    """
    county = main.county
    say(f"台账各表、备选地块、权属、规划覆盖（{on}）")
    registers = read_registers(plan, county, main.outcome.table, on=on)
    land = look_at_land(main, plan, registers, set(events["parcel_code"].dropna()), on=on)
    say(f"状态、期限、成交以后、{year} 年（事件 {len(events)} 条）")
    rules = (*registers.rules, *national_rules(), *shipped_rules("land_book/data"))
    terms = due_dates(events, on=on, county=county.county, rules=rules)
    idle = idle_rule(on=on, county=county.county, rules=registers.rules)
    states, deals = parcel_states(events, on=on), after_deals(events, terms, idle, on=on)
    places = places_of(events, main)
    income = deal_income(year_deals(events, year=year, on=on), main)
    residents = read_township_incomes(plan.township_incomes, Decimal(0))["residents"]
    incomes = read_village_incomes(plan.village_incomes)
    weak = weak_villages(incomes[["yearly_income_fen"]], village_income(income, main), plan.weak_income_fen)
    return BookWork(
        main=main,
        plan=plan,
        events=events,
        on=on,
        year=year,
        registers=registers,
        land=land,
        idle=idle,
        places=places,
        states=states,
        terms=terms,
        deals=deals,
        income=income,
        townships=year_table(events, places, income, residents, year=year, on=on),
        villages=incomes[["township", "village"]].join(weak),
        irregularities=_irregularities(registers, land, states, terms, deals, on),
    )


def _irregularities(
    registers: Registers, land: Land, states: pd.DataFrame, terms: pd.DataFrame, deals: pd.DataFrame, on: date
) -> pd.DataFrame:
    own = (registers.decisions, registers.disputes, registers.plans, registers.collectives)
    tables = [
        term_irregularities(terms),
        deal_irregularities(deals),
        state_irregularities(states),
        register_irregularities(*own, pd.Timestamp(on)),
        candidate_irregularities(land.candidates, land.unsurveyed),
        stray_irregularities(registers.strays),
    ]
    return pd.concat(tables, ignore_index=True)
