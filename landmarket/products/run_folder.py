"""The run folder of a county (成果目录): its inputs, its tables, the internal reserve prices and the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landmarket.audience import strictest
from landmarket.county import County
from landmarket.errors import ReadError
from landmarket.io.database_address import FINGERPRINT, Source
from landmarket.io.tables import csv_bytes, write_tables
from landmarket.io.writing import RunFolder, new_run
from landmarket.market.offer import reserve_prices
from landmarket.market.terms import DealTerms
from landmarket.products.work import Work, plain, rules_used
from landmarket.scenario import Outcome, Scenario

RESERVE = "底价（内部，不得外传）.csv"
TABLES = "tables"
ATLAS = "图集.pdf"
SEED = "seed.txt"


@contextmanager
def county_run(
    county: County, out: Path, created: datetime, also: Sequence[Source] = (), secret: Sequence[Path] = ()
) -> Iterator[RunFolder]:
    """Open a run folder that knows a county's inputs.

    Whoever has the seed and the shared results can replay the bids and narrow the reserve price down: the seed goes to
    the internal folder, and the files that hold seed and reserve ratio are fingerprinted with a key that stays there.

    Parameters
    ----------
    county : County
        The county file.
    out : Path
        Folder of all runs.
    created : datetime
        Time of the run.
    also : sequence of Path or DatabaseLayer, optional
        Files and layers that the results rest on besides the county's.
    secret : sequence of Path, optional
        More of them, from which a reserve could be guessed.

    Yields
    ------
    RunFolder
        Write into its ``folder``.
    """
    guarded = [county.path, county.files["deal_terms"], *secret]
    inputs = [path for path in (*county.inputs, *also) if path not in guarded]
    with new_run(out, inputs=inputs, secret_inputs=guarded, created=created) as run:
        (run.internal / SEED).write_text(f"{county.seed}\n", encoding="ascii")
        yield run


def write_reserves(work: Work, run: RunFolder) -> None:
    """Write the reserve prices (底价) into the run's internal folder, and nowhere else.

    Parameters
    ----------
    work : Work
        The county's results.
    run : RunFolder
        The run folder.
    """
    reserves = internal_reserves(work.outcome, work.scenario.terms)
    (run.internal / RESERVE).write_bytes(csv_bytes(reserves))


def internal_reserves(outcome: Outcome, terms: DealTerms) -> pd.DataFrame:
    """Set the reserve price of every parcel that was offered (底价). Internal.

    Parameters
    ----------
    outcome : Outcome
        A scenario's outcome.
    terms : DealTerms
        Its terms.

    Returns
    -------
    DataFrame
        As `landmarket.market.offer.reserve_prices` gives it.
    """
    offered = outcome.deals.index[outcome.deals["deal_gap"].eq("")]
    of_them = replace(
        outcome,
        parcels=outcome.parcels.loc[offered],
        entry=outcome.entry.loc[offered],
        prices=outcome.prices.loc[offered],
        deals=outcome.deals.loc[offered],
    )
    return reserve_prices(plain(of_them.table), terms)


def write_results(work: Work, folder: Path) -> None:
    """Write the results as tables for other programs: GeoParquet, and Parquet without shapes.

    Parameters
    ----------
    work : Work
        The county's results.
    folder : Path
        Where the files go.
    """
    outcome = work.outcome
    write_tables(
        folder,
        {
            "parcels": outcome.parcels,
            "entry": outcome.entry,
            "prices": outcome.prices,
            "deals": outcome.deals,
            "shares": outcome.shares,
        },
    )


def _require_what_was_read(layers: Sequence[gpd.GeoDataFrame], run: RunFolder) -> None:
    """Refuse to state the fingerprint of a table that others changed since it was read."""
    inputs = run.facts["inputs"]
    stated = inputs if isinstance(inputs, list) else []
    for layer in layers:
        read = layer.attrs.get(FINGERPRINT)
        if read is not None and read not in stated:
            raise ReadError(
                f"{read['database']} 的 {read['layer']}：读取之后被人改动，清单写不准。办法：等修改结束后重新运行。"
            )


def record(work: Work, run: RunFolder) -> None:
    """Tell the manifest what the run rests on.

    Parameters
    ----------
    work : Work
        The county's results.
    run : RunFolder
        The run folder.

    Raises
    ------
    ReadError
        If a table of a database is no longer as it was read.
    """
    layers = [work.screening.accepted, *scenario_layers(work.scenario)]
    record_facts(work.county, layers, work.screening.counts, rules_used(work), run)


def record_facts(
    county: County, layers: Sequence[gpd.GeoDataFrame], counts: Mapping[str, int], rules: pd.DataFrame, run: RunFolder
) -> None:
    """Tell the manifest what a run rests on, of a county whose results are not in one place.

    Parameters
    ----------
    county : County
        The county file.
    layers : sequence of GeoDataFrame
        What was read.
    counts : mapping of str to int
        读入, 采用, 暂不处理.
    rules : DataFrame
        As `rules_used` gives them.
    run : RunFolder
        The run folder.

    Raises
    ------
    ReadError
        If a table of a database is no longer as it was read.
    """
    _require_what_was_read(layers, run)
    classification, because = strictest(county.classified)
    stated = rules.astype("object")
    run.record(
        classification={"classification": classification, "because": because, "inputs": county.classified},
        counts=counts,
        notice=county.notice,
        rules=stated.where(stated.notna(), None).to_dict("records"),
    )


def scenario_layers(scenario: Scenario) -> list[gpd.GeoDataFrame]:
    """List the layers that a scenario was read from, for `record_facts`.

    Parameters
    ----------
    scenario : Scenario
        The scenario.

    Returns
    -------
    list of GeoDataFrame
        Villages, plan, owners, constraints.
    """
    return [scenario.villages, scenario.plan, scenario.owners, *(one.areas for one in scenario.constraints)]
