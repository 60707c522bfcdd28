"""The admin: where curators keep the prose true. What AWS owns is shown and never edited."""

from policyhub.catalog.admin.accounts import AccountAdmin, AccountGroupAdmin
from policyhub.catalog.admin.changes import ChangelogEntryAdmin
from policyhub.catalog.admin.policies import PolicyAdmin
from policyhub.catalog.admin.versions import PolicyVersionAdmin

__all__ = [
    "AccountAdmin",
    "AccountGroupAdmin",
    "ChangelogEntryAdmin",
    "PolicyAdmin",
    "PolicyVersionAdmin",
]
