"""The endpoint: a request of the query protocol in, XML out.

It only reads and keeps nothing. Signatures are taken as they are.
"""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from policyhub.awsapi.answers import failure, success
from policyhub.awsapi.errors import ApiError, api_error_of
from policyhub.awsapi.operations import perform
from policyhub.awsapi.parameters import read_parameters
from policyhub.failures import Failure

MOST_BYTES = 4 * 1024 * 1024
# A client that is answered before all was read may never see the answer.
_MOST_DRAINED = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_METHODS = ("GET", "POST")


@csrf_exempt
@login_not_required
@never_cache
def query(request: HttpRequest) -> HttpResponse:
    """Answer a request of the IAM query protocol; what is refused is refused in AWS's shape."""
    if not settings.AWS_API:
        raise Http404
    request_id = str(uuid4())
    try:
        name, result = perform(read_parameters(*_form_texts(request)))
        return _xml(success(name, result, request_id), request_id)
    except ApiError as error:
        return _xml(failure(error, request_id), request_id, error.status)


def failure_in_xml(failed: Failure) -> HttpResponse:
    """A failure outside of the operations, such as a database that is gone."""
    request_id = str(uuid4())
    return _xml(failure(api_error_of(failed), request_id), request_id, failed.status)


def _form_texts(request: HttpRequest) -> tuple[bytes, bytes]:
    """The query string and the body, both form-encoded. Raises `ApiError`."""
    if settings.LOGIN_REQUIRED and not request.user.is_authenticated:
        message = (
            "This Policyhub requires an account for reading: make a personal token at "
            "/account/tokens/ and set AWS_SESSION_TOKEN to it."
        )
        raise ApiError("AccessDenied", message, status=403)
    if request.method not in _METHODS:
        raise ApiError("MethodNotAllowed", "Use GET or POST.", status=405)
    return request.META.get("QUERY_STRING", "").encode("latin-1"), _body(request)


def _body(request: HttpRequest) -> bytes:
    """The body, read past Django's own limits, which large simulations would break."""
    body = request.read(MOST_BYTES + 1)
    if len(body) <= MOST_BYTES:
        return body
    drained = len(body)
    while drained < _MOST_DRAINED and (chunk := request.read(_CHUNK)):
        drained += len(chunk)
    message = f"The request has more than {MOST_BYTES:,} bytes: ask for less at a time."
    raise ApiError("RequestEntityTooLarge", message, status=413)


def _xml(text: str, request_id: str, status: int = 200) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/xml; charset=utf-8", status=status)
    answer["x-amzn-RequestId"] = request_id
    if status == 405:
        answer["Allow"] = ", ".join(_METHODS)
    return answer
