"""What accounts may do: the three roles, as groups."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A role; `group` is the group of its accounts, `is_staff` whether they may see the admin."""

    name: str
    group: str
    is_staff: bool
    may: str


ROLES = {
    each.name: each
    for each in (
        Role("reviewer", "Reviewers", False, "log in at /login/ and read"),
        Role("curator", "Curators", True, "log in at /admin/ and edit prose"),
        Role(
            "administrator", "Administrators", True, "log in at /admin/, edit and manage accounts"
        ),
    )
}
