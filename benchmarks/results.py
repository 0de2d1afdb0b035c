"""What benchmarks leave behind, and the page of the documentation made from it.

::

    python -m benchmarks.results FOLDER docs/benchmarks.md

Every benchmark leaves a JSON file under ``FOLDER/results``: its questions, sizes, CPU seconds, peaks, bars and the
commit. The page is written from these files alone; what was not run is not on it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import numpy as np

from landmarket.io.whole import write_whole

OURS = "landmarket"
MILLION = 1e6
HEAD = """# 速度与内存

由 `make bench` 写出：每项由 `benchmarks/` 中的一个命令量得，数据是按种子生成的虚构县。
各方的答案先逐项比对，相同才计时（OpenAVMKit 在自己的投影中量算：面积、矩形占比、距离相差千分之二以内）；
各方轮流计时，取 CPU 秒的中位数（本进程全部线程）。
“倍数”是同一次运行中对方的 CPU 秒除以本库的；
只做一部分的（如逐行循环）按比例放大。“指数”是 CPU 秒随规模增长的幂，1 为正比。
机器是两核共用的，其他工作同时在跑：CPU 秒偏大，也会起伏，只宜看同一行内的倍数。
"""
ELSEWHERE = """
## 别处量得的对照

OpenAVMKit 0.7.0（AGPL）与 SedonaDB 不与本库装在一起：环境变量 `OPENAVMKIT_PYTHON`、`SEDONADB_PYTHON`
指明另一个环境的解释器时，它们在同一次运行中计时，列在上面。OpenAVMKit 在百万宗上太久，只量十万宗、按比例放大；
下列 CPU 秒是在另一台同类机器（两核共用）上单独量得的，**不是同一次运行**，不能当作倍数：

| 内容 | 宗数 | CPU 秒 | 内存峰值，GB |
|---|---:|---:|---:|
| 基本形状指标 | 100,000 | 45 | 0.89 |
| 基本形状指标 | 1,000,000 | 677 | |
| 到 500 个点的距离 | 1,000,000 | 47 | 2.54 |
| 到 200 条线的距离 | 1,000,000 | 68 | 2.57 |
"""


class Measured(TypedDict):
    """One question at one size.

    Attributes
    ----------
    question, target : str
        What was asked; what was set as the bar.
    parcels : int
        Size: parcels, or deals, sales, lots.
    seconds, peak : dict of str to float
        Median CPU seconds and peak memory [GB] by side.
    bars : dict of str to float
        Side → how many times our seconds it must take at least.
    most : float or None
        CPU seconds that a million may cost us.
    """

    question: str
    target: str
    parcels: int
    seconds: dict[str, float]
    peak: dict[str, float]
    bars: dict[str, float]
    most: float | None


class Left(TypedDict):
    """What one benchmark left."""

    commit: str
    on: str
    runs: list[Measured]


def commit() -> str:
    """Short name of the commit that is measured; with a plus where files differ from it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--exclude=*", "--dirty=+"],  # noqa: S607 # git as it is found
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "?"
    return done.stdout.strip()


def leave(folder: Path, name: str, runs: Sequence[Measured]) -> None:
    """Write what a benchmark measured; the same benchmark's earlier measurements are replaced."""
    target = folder / "results" / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    left = Left(commit=commit(), on=datetime.now(UTC).date().isoformat(), runs=list(runs))
    write_whole(target, json.dumps(left, ensure_ascii=False, indent=1).encode())


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Slope of the cost over the size, both as logarithms: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(costs, 1e-3)), 1)[0])


def reached(run: Measured) -> bool:
    """Whether every bar is reached."""
    ours = run["seconds"][OURS]
    dear = run["most"] is not None and ours / run["parcels"] * MILLION > run["most"]
    return not dear and all(run["seconds"][side] >= bar * ours for side, bar in run["bars"].items())


def table(runs: Sequence[Measured]) -> Iterator[str]:
    """Lines of a table: a row a side of each question, a column a size."""
    sizes = sorted({run["parcels"] for run in runs})
    yield f"| 内容 | 一方 | {' | '.join(f'{size:,}' for size in sizes)} | 指数 | 倍数 | 内存峰值，GB | 目标 | 达到 |"
    yield f"|---|---|{'---:|' * (len(sizes) + 3)}---|---|"
    for question in dict.fromkeys(run["question"] for run in runs):
        asked = {run["parcels"]: run for run in runs if run["question"] == question}
        largest = asked[max(asked)]
        for side in largest["seconds"]:
            costs = {size: run["seconds"][side] for size, run in asked.items() if side in run["seconds"]}
            cells = " | ".join(f"{costs[size]:.2f}" if size in costs else "" for size in sizes)
            slope = f"{exponent(list(costs), list(costs.values())):.2f}" if len(costs) > 1 else ""
            ratio = "" if side == OURS else f"{largest['seconds'][side] / largest['seconds'][OURS]:.2f}"
            peak = largest["peak"].get(side, np.nan)
            own = side == OURS
            judged = ("是" if reached(largest) else "**否**") if own and largest["target"] else ""
            ends = (question if own else "", largest["target"] if own else "", judged)
            told = "" if np.isnan(peak) else f"{peak:.2f}"
            yield f"| {ends[0]} | {side} | {cells} | {slope} | {ratio} | {told} | {ends[1]} | {ends[2]} |"


def page(folder: Path) -> str:
    """The page of everything that was left."""
    lines = [HEAD]
    for path in sorted((folder / "results").glob("*.json")):
        left: Left = json.loads(path.read_text(encoding="utf-8"))
        lines += [f"## `benchmarks/{path.stem}.py`", "", f"{left['on']}，提交 {left['commit']}，CPU 秒：", ""]
        lines += [*table(left["runs"]), ""]
    return "\n".join(lines).rstrip("\n") + "\n" + ELSEWHERE


def main() -> None:
    """Write the page."""
    options = argparse.ArgumentParser(description="write the page of what benchmarks left")
    options.add_argument("folder", type=Path)
    options.add_argument("page", type=Path)
    chosen = options.parse_args()
    write_whole(chosen.page, page(chosen.folder).encode())


if __name__ == "__main__":
    main()
