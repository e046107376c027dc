"""Tables as text and as HTML."""

import pandas

from fastbp._tables import data_frame, html_table, text_table


def test_text_has_columns_as_wide_as_their_widest_cell():
    assert text_table(["a", "long"], [["wider", "b"], ["c", ""]]) == "a      long\nwider  b\nc"
    assert text_table(["a", "b"], []) == "a  b"


def test_html_is_a_table_with_a_caption():
    head, row = "<thead><tr><th>a</th><th>b</th></tr></thead>", "<tr><td>1</td><td>2</td></tr>"
    assert html_table("of it", ["a", "b"], [["1", "2"]]) == f"<table><caption>of it</caption>{head}<tbody>{row}</tbody></table>"


def test_what_is_given_is_no_markup():
    html = html_table("<b>", ["<i>"], [["<script>", "'\""]])
    assert not any(markup in html for markup in ("<b>", "<i>", "<script>")) and "&lt;script&gt;" in html


def test_a_frame_has_the_columns():
    frame = data_frame({"a": [1, 2], "b": [0.5, 1.5]}, index=["x", "y"])
    assert isinstance(frame, pandas.DataFrame) and list(frame) == ["a", "b"] and frame.loc["y", "b"] == 1.5
