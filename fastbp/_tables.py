"""Small tables: as text for terminals, as HTML for notebooks, as frames of pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from fastbp._table import attribute


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces between them."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same for a browser, under a caption; what is given is text, and no markup."""
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def data_frame(columns: Mapping[str, Any], **settings: Any) -> Any:
    """Columns as a `pandas.DataFrame`, with its other arguments; ImportError where pandas is not installed."""
    try:
        frame = attribute("pandas", "DataFrame")
    except ImportError as error:
        raise ImportError(f"to_frame needs pandas ({error}); pip install 'fastbp[pandas]'") from error
    return frame(columns, **settings)
