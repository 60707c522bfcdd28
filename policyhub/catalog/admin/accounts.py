"""Accounts and groups, saved with the same care as the prose."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest

from policyhub.catalog.admin.saving import SavedAsSeen

admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(SavedAsSeen[User], UserAdmin[User]):
    """Django's form of an account.

    Who is no superuser makes nobody one, gives no permissions beyond those of groups, and leaves
    the accounts of superusers alone.
    """

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Superusers alone decide what goes beyond roles."""
        usual = super().get_readonly_fields(request, obj)
        return usual if _is_superuser(request) else (*usual, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An administrator who could set a superuser's password would be one."""
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nor is a superuser deleted, alone or among selected accounts."""
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Superusers are listed for superusers."""
        accounts: QuerySet[User] = super().get_queryset(request)
        return accounts if _is_superuser(request) else accounts.filter(is_superuser=False)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, account: User | None) -> bool:
    return account is None or not account.is_superuser or _is_superuser(request)


@admin.register(Group)
class AccountGroupAdmin(SavedAsSeen[Group], GroupAdmin):
    """Django's form of a group."""
