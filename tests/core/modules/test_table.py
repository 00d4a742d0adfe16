"""The table of a registry's variables."""

from html.parser import HTMLParser

import torch
from nets import Siamese, every_kind, pairs

import torchscope as ts


class Cells(HTMLParser):
    """The text of a table's cells, row by row."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.caption, self.tag = [], "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tag = tag
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data):
        if self.tag in {"td", "th"}:
            self.rows[-1].append(data)
        elif self.tag == "caption":
            self.caption += data


def test_the_table_has_a_row_for_each_variable_by_name():
    net = ts.ScopedModule(every_kind)
    net()
    lines = str(net.registry.summary()).splitlines()
    assert lines[0].split() == [
        "name",
        "shape",
        "dtype",
        "trainable",
        "collections",
        "bytes",
        "requests",
    ]
    assert [line.split()[0] for line in lines[1:-1]] == [
        f"kinds/{name}" for name in ("count", "frozen", "local", "made", "trained")
    ]
    assert lines[3].split() == [
        "kinds/local",
        "(3,)",
        "float32",
        "no",
        "local_variables",
        "12",
        "1",
    ]
    assert lines[-1] == "5 variables, 14 elements, 60 bytes (8 elements, 32 bytes trainable)"


def test_requests_say_how_often_a_variable_is_shared():
    net = Siamese()
    net(*pairs())
    assert {row.name: row.requests for row in net.scopes.summary().rows} == dict.fromkeys(
        net.scopes.variables, 2
    )


def test_the_table_shows_the_present_dtype():
    net = ts.ScopedModule(lambda: ts.get_variable("a", [2]))
    net()
    net.to(torch.float64)
    (row,) = net.registry.summary().rows
    assert (row.dtype, row.bytes) == ("float64", 16)


def test_a_notebook_shows_the_same_table():
    net = ts.ScopedModule(lambda: ts.get_variable("a>b", [2]))
    net()
    summary = net.registry.summary()
    cells = Cells(summary._repr_html_())
    assert cells.rows[1] == list(summary.rows[0].cells())
    assert cells.rows[1][0] == "a>b"
    assert "a&gt;b" in summary._repr_html_()
    assert cells.caption == summary.total()
