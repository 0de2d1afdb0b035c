"""A page of tables and links without any script (成果索引页), for machines without a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from landmarket.html_page import escaped, written_page
from landmarket.io.whole import output_errors, write_whole
from landmarket.maps.audience import INTERNAL
from landmarket.maps.page_files import package_text
from landmarket.maps.values import Column, is_number, number_texts, plain_texts

_TEXT = ' class="tp-text"'


def write_table_page(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    title: str,
    links: Mapping[str, str],
    notice: str = "",
    foot: str = "",
) -> None:
    """Write an index page: links, then tables.

    Parameters
    ----------
    path : Path
        The ``.html`` file.
    tables : mapping of str to DataFrame
        By caption; headers as they are, the index is not written; what is missing or blank as —.
    title : str
        Title of the page.
    links : mapping of str to str
        Text and relative address of each link.
    notice : str, default ""
        Printed in the head line, such as 示例数据.
    foot : str, default ""
        Printed in the foot line besides the line on internal use.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Notes
    -----
    Every text is escaped; the page has no script, and its policy forbids any.
    """
    badge = f'<strong class="lm-notice">{escaped(notice)}</strong>' if notice else ""
    listed = "".join(
        f'<li><a href="{escaped(quote(address))}">{escaped(text)}</a></li>' for text, address in links.items()
    )
    sections = "".join(
        f'<section class="ix-table"><h2>{escaped(caption)}</h2>{_table(table)}</section>'
        for caption, table in tables.items()
    )
    body = (
        f'<header class="lm-head"><h1>{escaped(title)}</h1>{badge}</header>\n'
        f'<main class="tp-main"><nav aria-label="地图"><ul class="tp-links">{listed}</ul></nav>{sections}</main>\n'
        f'<footer class="lm-foot"><strong>{INTERNAL}</strong><span>{escaped(notice)}</span>'
        f"<span>{escaped(foot)}</span></footer>"
    )
    styles = f"<style>\n{package_text('index.css')}</style>\n"
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, written_page(title, head=styles, body=body).encode("utf-8"))


def _table(table: pd.DataFrame) -> str:
    if not len(table):
        return "<p>（无）</p>"
    columns = [table.iloc[:, place] for place in range(table.shape[1])]
    kinds = ["" if is_number(values) else _TEXT for values in columns]
    heads = "".join(
        f'<th scope="col"{kind}>{escaped(name)}</th>' for name, kind in zip(table.columns, kinds, strict=True)
    )
    cells = [
        [f"<td{kind}>{'—' if text is None else escaped(text)}</td>" for text in _texts(values)]
        for values, kind in zip(columns, kinds, strict=True)
    ]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _texts(values: Column) -> list[str | None]:
    """Write a column as the maps do: whole numbers whole, others at two decimals, half-up."""
    if not is_number(values):
        return plain_texts(values)
    return number_texts(values, 1.0, 0 if pd.api.types.is_integer_dtype(values.dtype) else 2)
