"""Tables written from the data that the package itself reads, so that page and code cannot differ."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from landmarket.columns import schema
from landmarket.distribution import income_rules
from landmarket.pricing.notice_layout import layout
from landmarket.pricing.price_table import formulas
from landmarket.rules import Rule, RuleValue, national_rules
from landmarket.zoning import reasons

Rows = Iterable[Sequence[str]]

_KINDS = {
    "text": "文字",
    "grade": "级别",
    "code": "代码（文字）",
    "number": "数",
    "whole": "整数",
    "fen": "整数分",
    "date": "日期",
    "yes_no": "是/否",
    "geometry": "图形",
    "percent": "百分数",
    "price": "价格",
    "years": "年数",
}
_EFFECTS = {"yes": "可入市", "no": "不可入市", "unknown": "待核实", "warn": "提示，不影响结论"}


def _columns() -> tuple[list[str], Rows]:
    heads = ["标识符", "表头（第一个用于输出）", "类型", "单位", "允许的值", "含义"]
    rows = (
        [c.name, "、".join(c.headers), _KINDS[c.kind], c.unit, "、".join(c.allowed), c.meaning]
        for c in schema().values()
    )
    return heads, rows


def _read(package: str, name: str) -> list[dict[str, str]]:
    text = files(package).joinpath(name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def _checks() -> tuple[list[str], Rows]:
    listed = _read("landmarket", "screening/checks.csv")
    return ["检查项", "严重程度", "列", "办法"], ([r["name"], r["severity"], r["column"], r["cure"]] for r in listed)


def _reasons() -> tuple[list[str], Rows]:
    heads = ["代码", "原因", "结论", "依据"]
    return heads, ([one.code, one.text, _EFFECTS[one.effect], one.article] for one in reasons().values())


def _written(value: RuleValue) -> str:
    if isinstance(value, tuple):
        return "、".join(map(str, value))
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)


def _span(rule: Rule) -> str:
    return f"{rule.effective_from} 起" if rule.effective_to is None else f"{rule.effective_from}—{rule.effective_to}"


def _rules() -> tuple[list[str], Rows]:
    return _rule_table(national_rules())


def _income() -> tuple[list[str], Rows]:
    heads, rows = _rule_table(rule for rule in income_rules() if rule.key != "fund_rate_band")
    places = (rule.region or "全国" for rule in income_rules() if rule.key != "fund_rate_band")
    return ["地方", *heads], ([place, *row] for place, row in zip(places, rows, strict=True))


def _rule_table(rules: Iterable[Rule]) -> tuple[list[str], Rows]:
    heads = ["键", "规则", "值", "单位", "有效期", "适用", "出处", "已核对原文", "备注"]
    reach = {None: "全国", True: "试点县", False: "非试点县"}
    rows = (
        [
            rule.key,
            rule.name,
            _written(rule.value),
            rule.unit,
            _span(rule),
            reach[rule.pilot],
            rule.source,
            "是" if rule.verified else "否",
            rule.note,
        ]
        for rule in rules
    )
    return heads, rows


def _notice() -> tuple[list[str], Rows]:
    heads = ["工作表", "表头", "CSV 列名", "类型", "必填"]
    rows = (
        [field.sheet, "、".join(field.headers), f"{table}.{field.column}", _KINDS[field.kind], "是" * field.needed]
        for table, fields in layout().items()
        for field in fields
    )
    return heads, rows


def _formulas() -> tuple[list[str], Rows]:
    return ["名称", "公式", "读法", "出处"], ([f.name, f.text, f.note, f.source] for f in formulas().values())


_EVIDENCE = {"read": "已读原文", "standard, from memory": "凭记忆"}


def _uses() -> tuple[list[str], Rows]:
    heads = ["分类", "代码", "名称", "英文名", "用途类别", "依据"]
    listed = _read("landmarket.zoning", "data/land_use.csv")
    keys = ("scheme", "code", "name", "name_en", "category")
    return heads, ([*(r[key] for key in keys), _EVIDENCE[r["evidence"]]] for r in listed)


def _crosswalk() -> tuple[list[str], Rows]:
    heads = ["由", "代码", "到", "代码", "准确程度", "依据"]
    exact = {"exact": "一一对应", "approximate": "近似，须人工判断"}
    listed = _read("landmarket.zoning", "data/crosswalk.csv")
    keys = ("from_scheme", "from_code", "to_scheme", "to_code")
    rows = (
        [*(r[key] for key in keys), exact[r["exactness"]], _EVIDENCE.get(r["evidence"], r["evidence"])] for r in listed
    )
    return heads, rows


_TABLES: dict[str, Callable[[], tuple[list[str], Rows]]] = {
    "columns": _columns,
    "checks": _checks,
    "reasons": _reasons,
    "rules": _rules,
    "income": _income,
    "notice": _notice,
    "formulas": _formulas,
    "uses": _uses,
    "crosswalk": _crosswalk,
}


def _row(cells: Sequence[str]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        row += nodes.entry("", nodes.paragraph("", str(cell)))
    return row


class DataTable(Directive):
    """``data-table``: one of the tables above by its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the table; every text goes in as text, never as markup."""
        heads, rows = _TABLES[self.arguments[0]]()
        group = nodes.tgroup(cols=len(heads))
        group.extend(nodes.colspec(colwidth=1) for _ in heads)
        body = nodes.tbody()
        body.extend(_row(row) for row in rows)
        group += [nodes.thead("", _row(heads)), body]
        return [nodes.container("", nodes.table("", group, classes=["colwidths-auto"]), classes=["wide"])]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("data-table", DataTable)
    return {"parallel_read_safe": True}
