"""A UUID for each session of an event, the same in every form of its programme."""

from __future__ import annotations

import re
import uuid
from collections import Counter

from catalog.model import Event

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def guids(event: Event) -> dict[str, str]:
    """By session id: the programme's own guid where that is a UUID nobody else has, else one made from the ids."""
    own = Counter(session.guid.casefold() for session in event.sessions)
    return {
        session.id: session.guid
        if _UUID.fullmatch(session.guid) and own[session.guid.casefold()] == 1
        else str(uuid.uuid5(uuid.NAMESPACE_URL, f"aftertalk:session:{event.id}/{session.id}"))
        for session in event.sessions
    }
