"""The files that curators brought in and have not decided about to the end."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Q
from django.urls import reverse

from policyhub.curating.models import BroughtFile
from policyhub.curators import WaitingWork


def undecided_imports() -> Iterator[WaitingWork]:
    """Those of whose policies some are neither accepted nor rejected, the newest first."""
    decided = Count("decisions", filter=Q(decisions__undone_at=None))
    is_open = BroughtFile.objects.filter(is_closed=False).annotate(decided=decided)
    files = is_open.filter(decided__lt=F("policy_count"))
    for file in files.defer("data"):
        url = reverse("curating:import", args=[file.pk])
        yield WaitingWork(file.name, url, file.policy_count - file.decided, file.policy_count)
