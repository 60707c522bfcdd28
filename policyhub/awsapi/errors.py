"""What the API refuses, in AWS's words. Source: IAM API Reference, "Common errors"."""

from __future__ import annotations

from policyhub.failures import Failure


class ApiError(Exception):
    """A request that is refused: AWS's code of it, a message, the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid_input(message: str) -> ApiError:
    """A value that makes no sense here, though its form is right."""
    return ApiError("InvalidInput", message)


def validation_error(message: str) -> ApiError:
    """A value whose form is wrong: too long, too short, of another type."""
    return ApiError("ValidationError", message)


def no_such_entity(message: str) -> ApiError:
    """A name that nothing has."""
    return ApiError("NoSuchEntity", message, status=404)


# AWS's codes of what fails before an operation is reached, by HTTP status.
_CODES = {
    400: "ValidationError",
    403: "AccessDenied",
    404: "InvalidAction",
    405: "MethodNotAllowed",
    413: "RequestEntityTooLarge",
    500: "InternalFailure",
    503: "ServiceUnavailable",
}


def api_error_of(failure: Failure) -> ApiError:
    """What failed outside of the operations, in AWS's words."""
    code = _CODES.get(failure.status, _CODES[400] if failure.status < 500 else _CODES[500])
    return ApiError(code, failure.sentence, failure.status)
