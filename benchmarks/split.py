"""Time the exact split of a million deals among eight parties beside a loop over `decimal.Decimal`.

::

    python benchmarks/split.py --repetitions 5

CPU seconds of this process; medians of interleaved repetitions. The loop is the same job written deal by deal: quotas
as exact decimals, whole fen, single fen by the largest remainder. It runs on the first 20,000 deals and is scaled;
before any time is printed both sides must agree on these fen by fen. Ours is the public call, with all checks.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from datetime import date
from decimal import ROUND_FLOOR, Decimal, localcontext
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.results import OURS, Measured, leave
from landmarket.distribution import PARTIES, FundBase, FundRate, SplitRule, split_income

LOOPED = 20_000
LOOP = "Decimal 循环"
RATES = {"工业": Decimal("0.24"), "商服": Decimal("0.48")}
RULE = SplitRule(
    name="测速用分配办法",
    source="虚构",
    county="110115",
    pilot=True,
    effective_from=date(2015, 1, 1),
    verified=True,
    fund_base=FundBase.GAIN,
    fund_rates=tuple(FundRate(rate, price_use=use) for use, rate in RATES.items()),
    tax_rate=Decimal("0.0005"),
    retention_rate=Decimal("0.3"),
    direct_distribution=True,
    township_share=Decimal("0.05"),
    township_document="虚构〔2016〕1号",
    village_share=Decimal("0.1"),
    village_document="虚构〔2016〕1号",
    reclaimed_share=Decimal("0.4"),
)


def made(n: int) -> pd.DataFrame:
    """Deals of all levels, uses and pathways, whose costs are sometimes above the price."""
    draw = np.random.default_rng(20262)
    codes = pd.Index([f"110115{number:013d}" for number in range(n)], name="parcel_code")
    return pd.DataFrame(
        {
            "deal_price_fen": pd.array(draw.integers(10**6, 10**11, n), dtype="Int64"),
            "deal_on": pd.Timestamp(2016, 5, 1),
            "acquisition_cost": draw.integers(0, 10**10, n) / 100,
            "development_cost": draw.integers(0, 10**9, n) / 100,
            "price_use": draw.choice(list(RATES), n),
            "pathway": draw.choice(["就地", "调整"], n),
            "owner_level": draw.choice(["乡镇", "村", "组"], n),
            "member_count": draw.integers(50, 3000, n),
        },
        index=codes,
    )


def looped(deals: pd.DataFrame) -> list[list[int]]:
    """Split deal by deal in decimals."""
    rule, zero, one = RULE, Decimal(0), Decimal(1)
    columns = [deals[name].tolist() for name in ("deal_price_fen", "acquisition_cost", "development_cost")]
    facts = [deals[name].tolist() for name in ("price_use", "pathway", "owner_level")]
    result = []
    with localcontext() as context:
        context.prec = 40
        for fen, acquired, developed, use, pathway, level in zip(*columns, *facts, strict=True):
            price = Decimal(fen)
            cost = round(Decimal(str(acquired)) * 100) + round(Decimal(str(developed)) * 100)
            fund = RATES[use] * max(price - cost, zero)
            tax = rule.tax_rate * price
            covered = min(Decimal(cost), price - fund - tax)
            net = price - fund - tax - covered
            other = rule.reclaimed_share * net if pathway == "调整" else zero
            net -= other
            township = zero if level == "乡镇" else rule.township_share * net
            village = rule.village_share * net if level == "组" else zero
            kept = rule.retention_rate * net
            group = zero
            if level == "乡镇":
                township = kept
            elif level == "村":
                village = kept
            else:
                group = kept
            members = net - township - village - group
            quotas = [fund, tax, covered, township, other, village, group, members]
            whole = [quota.to_integral_value(rounding=ROUND_FLOOR) for quota in quotas]
            order = sorted(range(len(quotas)), key=lambda party: whole[party] - quotas[party])
            for party in order[: int(price - sum(whole))]:
                whole[party] += one
            result.append([int(part) for part in whole])
    return result


def timed(job: Callable[[], object]) -> float:
    """CPU seconds of a job."""
    before = time.process_time()
    job()
    return time.process_time() - before


def main() -> None:
    """Check that both agree, then print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--deals", type=int, default=1_000_000)
    parser.add_argument("--leave", type=Path, help="folder for what was measured")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    deals = made(options.deals)
    few = deals.iloc[:LOOPED]
    if split_income(few, RULE)[list(PARTIES)].to_numpy(dtype=np.int64).tolist() != looped(few):
        raise SystemExit("the two splits differ")
    ours, theirs = [], []
    for _ in range(options.repetitions):
        ours.append(timed(lambda: split_income(deals, RULE)))
        theirs.append(timed(lambda: looped(few)) * len(deals) / len(few))
    fast, slow = statistics.median(ours), statistics.median(theirs)
    if options.leave is not None:
        seconds = {OURS: fast, LOOP: slow}
        question, target = f"收益分配，{len(PARTIES)} 方，精确到分（列头是成交宗数）", "Decimal 循环的 30 倍"
        bars = {LOOP: 30.0}
        run = Measured(
            question=question, target=target, parcels=len(deals), seconds=seconds, peak={}, bars=bars, most=None
        )
        leave(options.leave, "split", [run])
    print(f"{len(deals):,} deals x {len(PARTIES)} parties, CPU s (median of {options.repetitions})")
    print(f"split_income {fast:8.2f}")
    print(f"Decimal loop {slow:8.2f}   (timed on {len(few):,}, scaled)")
    print(f"ratio        {slow / fast:8.1f}")


if __name__ == "__main__":
    main()
