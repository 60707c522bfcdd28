"""Accounts and groups, saved with the same care as the prose."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from policyhub.catalog.admin.saving import SavedAsSeen

admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(SavedAsSeen[User], UserAdmin[User]):
    """Django's form of an account."""


@admin.register(Group)
class AccountGroupAdmin(SavedAsSeen[Group], GroupAdmin):
    """Django's form of a group."""
