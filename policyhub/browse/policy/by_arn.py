"""The pages of policies by ARN: a customer's are there, those of AWS's own redirect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.catalog.models import Policy
from policyhub.catalog.naming import find_policy

# The URL name and view of each page and download of a policy, by how its path ends after the ARN.
Pages = Mapping[str, tuple[str, Callable[..., HttpResponse]]]


@require_safe
def policy_by_arn(request: HttpRequest, arn: str, pages: Pages) -> HttpResponse:
    """Answer with the page that follows a customer's ARN; lead on from any other ARN to its page.

    Where the ARN is not quite the policy's, `?arn=` has the page say so.
    """
    is_whole = arn.endswith(tuple(pages))
    arn, end = _split(arn if is_whole else f"{arn}/", pages)
    name, view = pages[end]
    found = find_policy(arn)
    if found is None or (found.key == arn and is_whole):
        return view(request, arn)
    query = request.GET.copy()
    if found.key != arn and found.remark:
        query["arn"] = arn
    address = reverse(f"browse:{name}", args=[found.key])
    return HttpResponseRedirect(f"{address}?{query.urlencode()}" if query else address)


def _split(text: str, pages: Pages) -> tuple[str, str]:
    """The ARN, and how the path ends after it.

    An ARN may itself end like the path of a page: then what is known decides which is meant.
    """
    ends = sorted((end for end in pages if text.endswith(end)), key=len)
    arns = {text.removesuffix(end): end for end in ends}
    known = set(Policy.objects.filter(arn__in=arns).values_list("arn", flat=True))
    arn = next((each for each in arns if each in known), text.removesuffix(ends[-1]))
    return arn, arns[arn]
