"""Personal tokens, and whose account is that of an OpenID Connect provider."""

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


class ProviderAccount(models.Model):
    """An account of an OpenID Connect provider: by its issuer and by what that calls it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provider_account"
    )
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_account_of_a_subject")
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
