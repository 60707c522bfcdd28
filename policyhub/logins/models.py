"""Personal tokens: what a program sends in place of a password."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class PersonalToken(models.Model):
    """A token of an account, by its digest: the token itself is stored nowhere."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.name
