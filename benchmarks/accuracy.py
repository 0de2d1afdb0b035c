"""How close price tables that a citizen can read come to black boxes, on official land prices of Japan.

::

    python benchmarks/accuracy.py --points points.csv
    LANDMARKET_POINTS=points.csv python benchmarks/accuracy.py --prefectures Ibaraki --output ibaraki.md

Five folds of each prefecture, at random and by square blocks of land, every method on the same folds and facts.
Whatever has a setting chooses it by inner folds of the training part, dealt the same way as the outer ones.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from landmarket.pricing.legible.correction_rows import NumericFactor, PriceTerms
from landmarket.pricing.legible.correction_tables import table_size
from landmarket.pricing.legible.folds import block_folds, random_folds
from landmarket.pricing.legible.graded_price import GradedPrice, grade_price, predict_graded_price
from landmarket.pricing.legible.surface_price import SurfacePrice, fit_surface_price, predict_surface_price

Floats = npt.NDArray[np.float64]
Deal = Callable[[gpd.GeoDataFrame, int], "pd.Series[int]"]

MISSING = """没有地价数据：{path}
These prices are not part of this repository. Get them from 国土数値情報 地価公示データ (L01), year 2013, MLIT Japan
(https://nlftp.mlit.go.jp/ksj/gml/datalist/KsjTmplt-L01-v2_3.html), prefectures 大阪 27, 愛知 23, 茨城 08,
and write one CSV row a point with the columns: {columns}. Then: --points FILE, or LANDMARKET_POINTS=FILE."""
COLUMNS = [
    *("prefecture", "city_code", "use", "price_yen_m2", "area_m2", "current_use", "structure", "station_m", "zoning"),
    *("building_coverage_percent", "floor_area_ratio_percent", "lon", "lat"),
]
COUNTED = {
    "cells": "价格格数",
    "own_cells": "其中有样点的",
    "least_samples": "最少样点",
    "correction_rows": "修正表行数",
    "parameters": "参数合计",
}
TABLE, SURFACE = "级别基准地价表", "区位曲面版"
JGD2000 = "EPSG:4612"
FOLDS, SEED, BLOCK = 5, 1, 10_000.0

PRICE, USE, CITY = "price_yen_m2", "use", "city_code"
SKEWED = ["area_m2", "station_m"]
NUMBERS = [*SKEWED, "floor_area_ratio_percent", "building_coverage_percent", "storeys"]
CATEGORIES = ["zone", "fire_zone", "frame", "current_use"]
TERMS = PriceTerms(
    price=PRICE,
    use=USE,
    numbers=(
        NumericFactor("area_m2"),
        NumericFactor("station_m", "falling"),
        NumericFactor("floor_area_ratio_percent", "rising"),
        NumericFactor("building_coverage_percent"),
        NumericFactor("storeys"),
    ),
    categories=tuple(CATEGORIES),
    price_decimals=0,
)

AS_IS = "passthrough"
BOOSTED: list[dict[str, list[float]]] = [
    {"n_estimators": [400], "max_depth": [6], "max_features": [0.3]},
    {"n_estimators": [600], "max_depth": [4], "max_features": [0.5]},
]
HISTOGRAM: list[dict[str, list[float]]] = [
    {"learning_rate": [0.05], "max_iter": [300], "max_leaf_nodes": [15], "min_samples_leaf": [8]},
    {"learning_rate": [0.1], "max_iter": [100], "max_leaf_nodes": [31], "min_samples_leaf": [20]},
]


@dataclass(frozen=True)
class Split:
    """Training part and test part of one outer fold, with the inner folds of the training part."""

    train: gpd.GeoDataFrame
    test: gpd.GeoDataFrame
    inner: pd.Series[int]
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class Answer:
    """Prices of the test part, and what the tables consist of, where there are any."""

    price: Floats
    size: dict[str, int]


def read_points(path: Path) -> gpd.GeoDataFrame:
    """Read the points and split codes that say two things; no value is changed."""
    table = pd.read_csv(path, encoding="utf-8-sig", dtype={CITY: "str"})
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        sys.exit(f"{path} lacks columns: {' '.join(missing)}")
    zoning, structure = table["zoning"].str.split(","), table["structure"].fillna("")
    table["zone"] = zoning.str[0]
    table["fire_zone"] = [next((part for part in parts[1:] if part in {"防火", "準防"}), "無") for parts in zoning]
    table["frame"] = structure.str.extract(r"^([A-Z]+)", expand=False).fillna("無")
    table["storeys"] = structure.str.extract(r"^[A-Z]+(\d+)", expand=False).fillna("0").astype(float)
    table["current_use"] = table["current_use"].str.split(",").str[0]
    table[NUMBERS] = table[NUMBERS].astype(float)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=JGD2000)


def at_random(points: gpd.GeoDataFrame, seed: int) -> pd.Series[int]:
    """Deal points at random."""
    return random_folds(points, FOLDS, seed=seed)


def by_block(points: gpd.GeoDataFrame, seed: int) -> pd.Series[int]:
    """Deal square blocks of land."""
    return block_folds(points, BLOCK, FOLDS, seed=seed)


def splits_of(points: gpd.GeoDataFrame, deal: Deal) -> list[Split]:
    """Make the outer folds. The bounds are those of the prefecture, which are known without any price."""
    outer, bounds = deal(points, SEED), tuple(map(float, points.total_bounds))
    found = []
    for fold in range(FOLDS):
        train = points[outer != fold]
        found.append(Split(train, points[outer == fold], deal(train, SEED + 100 + fold), bounds))
    return found


def our_editions(split: Split) -> dict[str, Answer]:
    """Compile both editions; what the tables have no row for takes the nearest one."""
    surface = fit_surface_price(split.train, TERMS, split.inner, split.bounds)
    graded = grade_price(surface, split.train, split.inner)
    by_grade = predict_graded_price(graded, split.test, "nearest")["unit_price"].to_numpy(dtype=np.float64)
    by_surface = predict_surface_price(surface, split.test, "nearest")["unit_price"].to_numpy(dtype=np.float64)
    size = {"级别": int(graded.cells["grade"].max()), "区片": int(graded.squares["area_code"].max())}
    return {
        TABLE: Answer(by_grade, size | size_of(graded, graded.cells) | {"图上方格": len(graded.squares)}),
        SURFACE: Answer(
            by_surface, {"级别": 0, "区片": 0} | size_of(surface, surface.base) | {"图上方格": len(surface.nodes)}
        ),
    }


def size_of(model: GradedPrice | SurfacePrice, prices: pd.DataFrame) -> dict[str, int]:
    """Count what a reader has to look at."""
    counts = table_size(prices, model.numbers, model.categories)
    return {label: int(counts[name]) for name, label in COUNTED.items()}


def median_of_place(split: Split) -> Floats:
    """Median of municipality and use, else of the use, else of all."""
    logs = np.log(split.train[PRICE])
    local = logs.groupby([split.train[CITY], split.train[USE]]).median()
    wide = logs.groupby(split.train[USE]).median()
    keys = list(zip(split.test[CITY], split.test[USE], strict=True))
    return np.exp([local.get(key, wide.get(key[1], logs.median())) for key in keys])


def nearest_comparables(split: Split) -> Floats:
    """Nearest points of the same use, weighed by distance; how many, by the inner folds. All uses where it has none."""
    price = np.empty(len(split.test))
    for use in split.test[USE].unique():
        same, wanted = split.train[USE] == use, (split.test[USE] == use).to_numpy()
        chosen = split.train[same] if same.any() else split.train
        inner = split.inner.loc[chosen.index]
        fewest = len(chosen) - int(inner.value_counts().max())
        numbers = [count for count in (1, 3, 5, 8, 12, 20) if count <= fewest]
        model: BaseEstimator = KNeighborsRegressor(n_neighbors=min(3, len(chosen)), weights="distance")
        if numbers:
            cv = PredefinedSplit(inner)
            model = GridSearchCV(model, {"n_neighbors": numbers}, scoring="neg_mean_absolute_error", cv=cv)
        model.fit(places(chosen), np.log(chosen[PRICE]))
        price[wanted] = np.exp(model.predict(places(split.test[wanted])))
    return price


def places(points: gpd.GeoDataFrame) -> Floats:
    """Coordinates [km]."""
    return np.column_stack([points.geometry.x, points.geometry.y]) / 1000


def facts(points: gpd.GeoDataFrame) -> pd.DataFrame:
    """Everything a peer is given: coordinates and all features, as plain columns."""
    table = pd.DataFrame(points[[*NUMBERS, USE, *CATEGORIES, CITY]])
    table[["x", "y"]] = places(points)
    return table


def hedonic(with_place: bool) -> BaseEstimator:
    """Ordinary least squares of log price on logs, dummies and coordinates, with or without municipality dummies."""
    texts = [USE, *CATEGORIES, *([CITY] if with_place else [])]
    plain = [name for name in NUMBERS if name not in SKEWED] + ["x", "y"]
    return make_pipeline(
        make_column_transformer(
            (
                OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5, drop="first", sparse_output=False),
                texts,
            ),
            (StandardScaler(), plain),
            ("passthrough", [f"log {name}" for name in SKEWED]),
        ),
        LinearRegression(),
    )


def with_logs(table: pd.DataFrame) -> pd.DataFrame:
    """Add the logarithms a hedonic regression uses."""
    return table.assign(**{f"log {name}": np.log1p(table[name]) for name in SKEWED})


def best_hedonic(split: Split, table: pd.DataFrame, logs: pd.Series[float]) -> BaseEstimator:
    """The hedonic regression, with or without municipalities, that the inner folds prefer, not yet fitted."""
    errors = {}
    for with_place in (False, True):
        missed = []
        for fold in range(FOLDS):
            out = split.inner == fold
            model = hedonic(with_place).fit(table[~out], logs[~out])
            missed.append(np.abs(model.predict(table[out]) - logs[out]))
        errors[with_place] = float(np.concatenate(missed).mean())
    return hedonic(min(errors, key=lambda each: errors[each]))


def hedonic_ols(split: Split) -> Floats:
    """Hedonic regression."""
    table, logs = with_logs(facts(split.train)), np.log(split.train[PRICE])
    return np.exp(best_hedonic(split, table, logs).fit(table, logs).predict(with_logs(facts(split.test))))


def boosting(split: Split) -> Floats:
    """GradientBoostingRegressor, settings and whether it sees the municipality by the inner folds."""

    def model(texts: list[str]) -> BaseEstimator:
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        columns = make_column_transformer((encoder, texts), (AS_IS, [*NUMBERS, "x", "y"]))
        trees = GradientBoostingRegressor(learning_rate=0.05, subsample=0.7, min_samples_leaf=5, random_state=SEED)
        return Pipeline([("columns", columns), ("trees", trees)])

    return searched(model, BOOSTED, split)


def histogram_boosting(split: Split) -> Floats:
    """HistGradientBoostingRegressor with its own categories, likewise."""

    def model(texts: list[str]) -> BaseEstimator:
        columns = make_column_transformer((AS_IS, [*texts, *NUMBERS, "x", "y"]), verbose_feature_names_out=False)
        trees = HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=SEED)
        return Pipeline([("columns", columns.set_output(transform="pandas")), ("trees", trees)])

    return searched(model, HISTOGRAM, split)


def searched(model: Callable[[list[str]], BaseEstimator], grid: list[dict[str, list[float]]], split: Split) -> Floats:
    """Choose columns with the first setting, then the setting, both by the inner folds; fit to the training part."""
    both = facts(gpd.GeoDataFrame(pd.concat([split.train, split.test])))
    both[[USE, *CATEGORIES, CITY]] = both[[USE, *CATEGORIES, CITY]].astype("category")
    train, test, logs = both.loc[split.train.index], both.loc[split.test.index], np.log(split.train[PRICE])

    def search(texts: list[str], settings: list[dict[str, list[float]]]) -> GridSearchCV:
        cv = PredefinedSplit(split.inner)
        named = [{f"trees__{name}": value for name, value in each.items()} for each in settings]
        return GridSearchCV(model(texts), named, scoring="neg_mean_absolute_error", cv=cv).fit(train, logs)

    texts = [USE, *CATEGORIES]
    tried = {True: search([*texts, CITY], grid[:1]), False: search(texts, grid[:1])}
    with_place = max(tried, key=lambda each: tried[each].best_score_)
    rest = search([*texts, CITY] if with_place else texts, grid[1:])
    best = max((tried[with_place], rest), key=lambda each: each.best_score_)
    return np.exp(best.predict(test))


def regression_kriging(split: Split) -> Floats:
    """Hedonic trend and kriging of its residuals, exponential; range and nugget by likelihood on at most 800 points."""
    table, logs = with_logs(facts(split.train)), np.log(split.train[PRICE])
    trend = best_hedonic(split, table, logs).fit(table, logs)
    left, where = logs.to_numpy() - trend.predict(table), places(split.train)
    some = np.random.default_rng(SEED).permutation(len(left))[:800]
    kernel = ConstantKernel(0.05) * Matern(5.0, (0.1, 500.0), nu=0.5) + WhiteKernel(0.02)
    process = GaussianProcessRegressor(kernel, n_restarts_optimizer=1, random_state=SEED).fit(where[some], left[some])
    process = GaussianProcessRegressor(process.kernel_, optimizer=None).fit(where, left)
    return np.exp(trend.predict(with_logs(facts(split.test))) + process.predict(places(split.test)))


PEERS: dict[str, Callable[[Split], Floats]] = {
    "市町村×用途中位数": median_of_place,
    "最近可比点": nearest_comparables,
    "特征价格回归（OLS）": hedonic_ols,
    "回归克里金": regression_kriging,
    "直方图提升树": histogram_boosting,
    "梯度提升树": boosting,
}
OURS = [TABLE, SURFACE]


def dispersion(ratio: Floats) -> float:
    """COD [%]: mean absolute deviation of forecast over price from its median, by the median."""
    middle = np.median(ratio)
    return float(100 * np.abs(ratio - middle).mean() / middle)


def run(points: gpd.GeoDataFrame, deal: Deal) -> tuple[pd.DataFrame, list[dict[str, Answer]]]:
    """Forecast every point out of fold by every method."""
    forecast = pd.DataFrame(index=points.index, columns=[*OURS, *PEERS], dtype=float)
    editions = []
    for split in splits_of(points, deal):
        ours = our_editions(split)
        editions.append(ours)
        for name, answer in ours.items():
            forecast.loc[split.test.index, name] = answer.price
        for name, method in PEERS.items():
            forecast.loc[split.test.index, name] = method(split)
    return forecast, editions


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown, without another library."""
    lines = [[str(table.index.name or ""), *map(str, table.columns)], ["---"] * (len(table.columns) + 1)]
    lines += [[str(name), *map(str, row)] for name, row in zip(table.index, table.to_numpy().tolist(), strict=True)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def sizes(editions: list[dict[str, Answer]]) -> dict[str, dict[str, str]]:
    """Range over the folds of what each edition consists of."""
    found: dict[str, dict[str, str]] = {}
    for name in OURS:
        rows = pd.DataFrame([each[name].size for each in editions])
        low, high = rows.min(), rows.max()
        found[name] = {key: f"{low[key]}" if low[key] == high[key] else f"{low[key]}–{high[key]}" for key in rows}
    return found


def by_use(forecast: pd.DataFrame, points: gpd.GeoDataFrame) -> pd.DataFrame:
    """COD and number of points of each use."""
    found = {}
    for use, rows in points.groupby(USE).groups.items():
        ratios = forecast.loc[rows].div(points.loc[rows, PRICE], axis=0)
        found[f"{use} ({len(rows)})"] = [f"{dispersion(ratios[name].to_numpy()):.1f}" for name in ratios]
    return pd.DataFrame(found, index=forecast.columns)


def main() -> None:
    """Run and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get("LANDMARKET_POINTS") or None
    parser.add_argument("--points", type=Path, default=given, help="CSV of the points")
    parser.add_argument("--prefectures", nargs="*", help="only these")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent.parent / "docs" / "accuracy.md")
    options = parser.parse_args()
    if options.points is None or not Path(options.points).is_file():
        sys.exit(MISSING.format(path=options.points or "LANDMARKET_POINTS", columns=" ".join(COLUMNS)))
    # A value that only the test part has is the point of `handle_unknown`, not news.
    warnings.filterwarnings("ignore", "Found unknown categories", UserWarning)
    whole = read_points(Path(options.points))
    cods, misses, details, contents = {}, {}, [], {}
    for prefecture in options.prefectures or sorted(whole["prefecture"].unique()):
        points = whole[whole["prefecture"] == prefecture]
        points = points.to_crs(points.estimate_utm_crs())
        for kind, deal in {"随机": at_random, "地块": by_block}.items():
            begin, place = time.perf_counter(), f"{prefecture} {kind}"
            forecast, editions = run(points, deal)
            ratios = forecast.div(points[PRICE], axis=0)
            cods[place] = {name: dispersion(ratios[name].to_numpy()) for name in ratios}
            misses[place] = {name: float(100 * (ratios[name] - 1).abs().median()) for name in ratios}
            details.append(f"### {place}：分用途 COD（%）\n\n{markdown(by_use(forecast, points))}")
            contents |= {f"{place}：{name}": size for name, size in sizes(editions).items()}
            print(
                place,
                f"{time.perf_counter() - begin:.0f} s",
                {k: round(v, 1) for k, v in cods[place].items()},
                flush=True,
            )
    options.output.write_text(report(whole, cods, misses, contents, details), encoding="utf-8")
    print(options.output.read_text(encoding="utf-8"))


def report(
    points: pd.DataFrame,
    cods: dict[str, dict[str, float]],
    misses: dict[str, dict[str, float]],
    contents: dict[str, dict[str, str]],
    details: list[str],
) -> str:
    """Write the page."""
    cod, missed = pd.DataFrame(cods), pd.DataFrame(misses)
    best = cod.loc[["直方图提升树", "梯度提升树"]].min()
    ratio = (cod.loc[OURS] / best).map("{:.2f}".format)
    return INTRODUCTION.format(count=len(points), folds=FOLDS, block=int(BLOCK / 1000)) + "\n\n".join(
        [
            "## 离散系数 COD（%），各用途合计",
            markdown(cod.map("{:.1f}".format)),
            "除以两种提升树中较好者的 COD（小于 1 即表更准）：",
            markdown(ratio),
            "## 绝对百分比误差的中位数（%）",
            markdown(missed.map("{:.1f}".format)),
            "## 表由什么组成",
            SIZES,
            markdown(pd.DataFrame(contents).T),
            "## 分用途",
            *details,
            "",
        ]
    )


INTRODUCTION = """# 看得懂的地价表有多准

由 `benchmarks/accuracy.py` 写出。日本三个府县 2013 年地价公示 {count} 个点（国土数値情報 L01，数据不在本仓库内）。
每个点的价格都由没有见过它的模型预测：随机分 {folds} 组；或按边长 {block} 公里的地块分 {folds} 组，
预测点所在的整块地都没有见过。
所有方法用同样的分组和同样的事实（坐标、用途、面积、距车站、容积率、建蔽率、用途地域、防火地域、建筑结构、层数、
现状用途；中位数另用市町村，OLS、克里金与提升树用不用市町村由内层分组选定），需要选的都由训练部分的内层分组选定，内层与外层的分法相同。
COD 是预测与价格之比对其中位数的平均绝对偏差，除以该中位数。

级别基准地价表：每个级别、每种用途一个价，一张写明每个方格级别的图，加修正系数表。区位曲面版：以区位系数代替级别，
系数印在节点上，在四个节点之间内插。除此之外两者没有别的东西。

这些价格是一国一年的评估价，不是成交价：可以借鉴的是方法的次序，不是百分比。

"""
SIZES = """各组的范围。一格是一个级别、一种用途的价格（曲面版为一种用途的价格）；样点不足的格按本级别价格乘该用途的比例
借用，并在表中写明。参数合计为价格格数加修正表行数；图（有级别的方格，或有系数的节点）另计：其数值一起收缩，
远不是各自自由的。"""

if __name__ == "__main__":
    main()
