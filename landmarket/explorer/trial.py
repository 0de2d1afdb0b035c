"""What is tried on a township (试算): a few figures of the scenario changed, everything computed again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import geopandas as gpd

from landmarket.distribution import reform
from landmarket.errors import BadValueError
from landmarket.market.market_changes import with_reserve
from landmarket.products import Work
from landmarket.scenario import Outcome, Scenario, Zoned, deals_and_shares, priced_parcels, zoned_parcels

_WHOLE = Decimal(1)


@dataclass(frozen=True)
class Trial:
    """What is changed (试算项); as it stands: nothing.

    Attributes
    ----------
    price_level : Decimal
        Every price of the notice is multiplied by it.
    fund_rate : Decimal or None
        One rate of the fund for every case; None: the rates of the rule.
    reserve_level : Decimal
        The ratio of the reserve is multiplied by it. A multiple, so that no reserve is shown or kept.
    """

    price_level: Decimal = _WHOLE
    fund_rate: Decimal | None = None
    reserve_level: Decimal = _WHOLE

    @property
    def name(self) -> str:
        """What is changed, in Chinese; 现行 where nothing is."""
        parts = [f"基准地价 {self.price_level:.0%}"] if self.price_level != _WHOLE else []
        parts += [f"调节金比例 {self.fund_rate:.0%}"] if self.fund_rate is not None else []
        parts += [f"底价为原来的 {self.reserve_level:.0%}"] if self.reserve_level != _WHOLE else []
        return "，".join(parts) or "现行"


@dataclass(frozen=True, eq=False)
class Ground:
    """A township ready to be tried on (试算乡镇): what no trial changes is computed already.

    Attributes
    ----------
    township : str
        Official name.
    scenario : Scenario
        The scenario as it is.
    zoned : Zoned
        The township's parcels with plan and entry.
    """

    township: str
    scenario: Scenario
    zoned: Zoned

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """The township's parcels."""
        return self.zoned.parcels


def trial_ground(work: Work, township: str) -> Ground:
    """Take a township out of a county's results (试算乡镇).

    Parameters
    ----------
    work : Work
        The county's main job.
    township : str
        Official name.

    Returns
    -------
    Ground
        Its parcels, with plan and entry.

    Raises
    ------
    BadValueError
        If no accepted parcel lies in a township of that name.
    """
    places = work.outcome.parcels["township"]
    rows = places.index[places.eq(township).fillna(False)]
    if rows.empty:
        known = sorted(set(places.dropna()))
        raise BadValueError(f"乡镇 {township!r} 没有采用的宗地。办法：写乡镇全称，本县有 {'、'.join(known)}。")
    return Ground(township, work.scenario, zoned_parcels(work.screening.accepted.loc[rows], work.scenario))


def tried_scenario(base: Scenario, trial: Trial) -> Scenario:
    """Change a scenario by a trial (试算情景).

    Parameters
    ----------
    base : Scenario
        The scenario as it is.
    trial : Trial
        What is changed.

    Returns
    -------
    Scenario
        With only that changed; what a trial leaves alone is the same object as before.

    Raises
    ------
    BadValueError
        If the price level is no positive number.
    RuleError
        If a rate or the reserve cannot be applied.
    """
    changed = replace(base, name=f"{base.name}：{trial.name}")
    if trial.price_level != _WHOLE:
        changed = replace(changed, price_table=base.price_table.scaled(trial.price_level))
    if trial.fund_rate is not None:
        changed = replace(changed, split_rule=reform(base.split_rule, trial.name, fund_rate=trial.fund_rate))
    if trial.reserve_level != _WHOLE:
        changed = replace(changed, terms=with_reserve(base.terms, trial.reserve_level - 1))
    return changed


def tried(ground: Ground, trial: Trial) -> Outcome:
    """Compute a township with a trial (试算结果).

    Parameters
    ----------
    ground : Ground
        The township.
    trial : Trial
        What is changed.

    Returns
    -------
    Outcome
        What `run_scenario` gives for the township's parcels and the changed scenario.

    Raises
    ------
    LandMarketError
        If the changed scenario cannot be applied, such as a rate outside its band.
    """
    scenario = tried_scenario(ground.scenario, trial)
    priced = priced_parcels(ground.zoned, scenario)
    return deals_and_shares(ground.zoned, priced, priced.offered, scenario)
