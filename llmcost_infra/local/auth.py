"""Who calls: the root user, members of an organization, and service accounts, all by Basic."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["Caller", "fingerprint", "identify"]


@dataclass(frozen=True)
class Caller:
    """An identity that passed.

    Args:
        email: the user or service account.
        role: root, admin or service_account.
    """

    email: str
    role: str

    @property
    def is_root(self) -> bool:
        """The root user may enter every organization."""
        return self.role == "root"


def fingerprint(email: str, secret: str) -> str:
    """Return what is stored of a password or token."""
    return hashlib.sha256(f"{email}:{secret}".encode()).hexdigest()


def identify(server: Server, authorization: str, org: str) -> Caller | None:
    """Return who sent an Authorization header, or None when it opens nothing here.

    Args:
        server: holds the users.
        authorization: the header's value.
        org: the organization of the path; empty when the path names none.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        email, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    email, secret = email.strip().lower(), secret.strip()
    if email == server.config.user.lower():
        same = hmac.compare_digest(secret.encode(), server.config.password.encode())
        return Caller(email, "root") if same else None
    return _member(server, email, secret, org)


def _member(server: Server, email: str, secret: str, org: str) -> Caller | None:
    for organization in [org] if org else server.objects.organizations_with("users"):
        user = server.objects.get(organization, "users", email)
        if user and hmac.compare_digest(user["fingerprint"], fingerprint(email, secret)):
            return Caller(email, user["role"])
    return None
