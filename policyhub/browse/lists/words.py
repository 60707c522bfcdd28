"""What the page of a list says about its rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ListWords:
    """The words of a list; `name` is the id of its element, and the class of its table.

    `one` and `many` are what rows are called, `label` is the table's name for screen readers,
    `show_all` leads to the list without filters, and `text_label` is what the filter text is
    searched in. `empty_title` and `empty_text` are shown where there are no rows to filter.
    """

    name: str
    one: str
    many: str
    label: str
    show_all: str
    empty_title: str
    empty_text: str
    text_label: str = "Name contains"
