"""What an S3 error means and how to mend it. Pure: codes and words in, ``StoreError`` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import StoreError

_CREDENTIALS = "give credentials in the usual way: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role"


@dataclass(frozen=True)
class _Meaning:
    message: str
    hint: str


_MEANINGS = {
    "NoSuchBucket": _Meaning("there is no such bucket", "create the bucket, or correct its name or the endpoint"),
    "InvalidAccessKeyId": _Meaning("the store does not know this access key", _CREDENTIALS),
    "SignatureDoesNotMatch": _Meaning(
        "the secret key is wrong, or the request was changed on its way",
        "check the secret access key, the region and the endpoint, and any proxy in between",
    ),
    "ExpiredToken": _Meaning("the credentials have expired", "sign in again (for example 'aws sso login')"),
    "InvalidToken": _Meaning("the session token is not valid", "sign in again (for example 'aws sso login')"),
    "RequestTimeTooSkewed": _Meaning(
        "this machine's clock and the store's differ too much", "set the clock, for example by NTP"
    ),
    "AccessDenied": _Meaning(
        "the store does not allow this",
        "give the credentials the rights in docs/storage.md: list, get, put and delete below the prefix",
    ),
    "NoSuchUpload": _Meaning("the upload was removed while it was going on", "run the command again"),
    "QuotaExceeded": _Meaning("the store's quota is used up", "free space or raise the quota"),
    "EntityTooLarge": _Meaning("the store refuses objects of this size", "raise the limit of the store or its proxy"),
    "SlowDown": _Meaning(
        "the store is overloaded and kept refusing", "run the command again later, with fewer workers"
    ),
    "InvalidRequest": _Meaning(
        "the store does not understand this request", "see docs/storage.md for this kind of store"
    ),
    "PermanentRedirect": _Meaning("the bucket is in another region", "name the bucket's region in AWS_REGION"),
    "AuthorizationHeaderMalformed": _Meaning("the region is wrong", "name the bucket's region in AWS_REGION"),
    "BadDigest": _Meaning(
        "the bytes that arrived are not those that were sent", "run the command again; check the network"
    ),
    "InsufficientStorage": _Meaning("the store's disk is full", "free space there, then run the command again"),
    "NoCredentialsError": _Meaning("there are no credentials", _CREDENTIALS),
    "PartialCredentialsError": _Meaning("the credentials are incomplete", _CREDENTIALS),
    "CredentialRetrievalError": _Meaning("the credentials cannot be fetched", _CREDENTIALS),
    "TokenRetrievalError": _Meaning("the sign-in has expired", "sign in again (for example 'aws sso login')"),
    "ProfileNotFound": _Meaning("there is no such profile", "correct AWS_PROFILE"),
    "EndpointConnectionError": _Meaning("the store does not answer", "check the endpoint's address and the network"),
    "ConnectTimeoutError": _Meaning("the store does not answer", "check the endpoint's address and the network"),
    "SSLError": _Meaning(
        "the store's certificate is not accepted", "name the authority's certificates in AWS_CA_BUNDLE"
    ),
    "ConnectionClosedError": _Meaning(
        "the connection broke again and again", "check the network, then run the command again; what was sent is kept"
    ),
    "ReadTimeoutError": _Meaning("the store stopped answering", "run the command again; what was sent is kept"),
}
_ALIASES = {
    "HTTPClientError": "ConnectionClosedError",
    "ConnectionError": "ConnectionClosedError",
    "IncompleteReadError": "ConnectionClosedError",
    "ResponseStreamingError": "ConnectionClosedError",
    "ProxyConnectionError": "EndpointConnectionError",
    "RequestExpired": "RequestTimeTooSkewed",
    "ExpiredTokenException": "ExpiredToken",
    "AllAccessDisabled": "AccessDenied",
    "403": "AccessDenied",
    "Forbidden": "AccessDenied",
    "507": "InsufficientStorage",
    "XMinioStorageFull": "InsufficientStorage",
    "503": "SlowDown",
    "ServiceUnavailable": "SlowDown",
    "413": "EntityTooLarge",
    "XAmzContentSHA256Mismatch": "BadDigest",
    "InvalidDigest": "BadDigest",
}
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
UNSUPPORTED = frozenset({"501", "NotImplemented", "InvalidRequest", "InvalidArgument"})
DAMAGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest"})
CONFLICT = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})


def error_code(response: Mapping[str, Any]) -> str:
    """The S3 error code of a client error's response."""
    return str(response.get("Error", {}).get("Code", ""))


def store_error(reference: str, code: str, *, operation: str = "", status: int = 0) -> StoreError:
    """The error for a refusal with an S3 error ``code`` (or the name of a client-side error) and HTTP status.

    Nothing the server wrote is repeated but the code: replies can hold keys, signatures and tokens.
    """
    meaning = _MEANINGS.get(_ALIASES.get(code, code))
    context = " ".join(part for part in (operation, f"HTTP {status}" if status else "", code) if part)
    if meaning is None:
        return StoreError(reference, "the store failed", context=context, hint="run the command again")
    return StoreError(reference, meaning.message, context=context, hint=meaning.hint)


def not_removed(reference: str, code: str, count: int) -> StoreError:
    """The error for ``count`` objects that could not be removed, the first of them for this reason."""
    error = store_error(reference, code, operation="DeleteObjects")
    message = f"{count} objects could not be removed: {error.message}"
    return StoreError(error.reference, message, context=error.context, hint=error.hint)
