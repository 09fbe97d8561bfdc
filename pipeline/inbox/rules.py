"""The rules by which media files are matched, in their order; each takes what the ones before left over."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta

from catalog.model import Kind
from pipeline.inbox import names, times, views
from pipeline.inbox.board import Board
from pipeline.inbox.files import InboxFile

DEFAULT_LENGTH = timedelta(hours=1)
"""How long a slot without a duration is taken to be."""
GUID_LENGTH = 6
"""Shorter guids are not looked for in names."""


def by_source(board: Board) -> None:
    """The organiser named the file."""
    for recording in list(board.needy.values()):
        if recording.source and (file := board.file(recording.source)):
            board.give(recording.id, [file], "named as its source")


def by_id(board: Board) -> None:
    """The file, the file but for a part number, or its folder is named like the recording's or the session's id."""
    owners = {id_: id_ for id_, one in board.needy.items() if not one.source}
    for session in board.event.sessions:
        if not session.recordings:
            owners.setdefault(session.id, session.id)
        elif len(session.recordings) == 1 and session.recordings[0].id in owners:
            owners.setdefault(session.id, session.recordings[0].id)
    _by_keys(board, owners, lambda file: {names.key(file.stem)}, "named like its id")
    _by_keys(board, owners, _without_number, "named like its id, in parts", in_parts=True)
    _by_keys(board, owners, lambda file: {names.key(part) for part in file.folder.split("/")}, "in a folder of its id")


def by_guid(board: Board) -> None:
    """The programme's guid is a part of the file's or folder's name."""
    owners = {one.guid.casefold(): id_ for id_, one in board.needy.items() if not one.source}
    for session in board.event.sessions:
        if len(session.recordings) <= 1:
            owners.setdefault(session.guid.casefold(), session.recordings[0].id if session.recordings else session.id)
    owners = {guid: owner for guid, owner in owners.items() if len(guid) >= GUID_LENGTH}
    _by_keys(board, owners, lambda file: set(re.split(r"[\s_./()\[\]]+", file.name.casefold())), "named with its guid")


def by_time(board: Board) -> None:
    """The file was started at the time of one session, and the room does not contradict."""
    slots = times.Slots(_slots(board))
    takes = [one for file in board.free.values() if (one := times.take(file, board.zone))]
    given: dict[str, list[times.Take]] = defaultdict(list)
    for members in times.series(takes):
        takes = [one for one in takes if one not in members]
        for slot, mine in slots.overlapping(members):
            if slot.is_open:
                given[slot.owner] += mine
    for one in takes:
        fitting = slots.candidates(one)
        if len(fitting) > 1:
            owners = [slot.owner for slot in fitting]
            board.doubt([one.file], "its time fits several recordings equally well", owners)
        elif fitting and not fitting[0].is_open:
            board.doubt([one.file], "its time fits a recording that has its file already", [fitting[0].owner])
        elif fitting:
            given[fitting[0].owner].append(one)
    for owner, mine in given.items():
        _give_timed(board, owner, mine)


def _by_keys(
    board: Board,
    owners: Mapping[str, str],
    keys: Callable[[InboxFile], set[str]],
    reason: str,
    *,
    in_parts: bool = False,
) -> None:
    """Give each owner the free files that one of its keys names."""
    groups: dict[str, list[InboxFile]] = defaultdict(list)
    for file in board.free.values():
        for owner in {owners[key] for key in keys(file) & owners.keys()}:
            groups[owner].append(file)
    for owner, claimed in groups.items():
        group = [file for file in claimed if file.name in board.free]
        if not group or not board.awaits(owner):
            continue
        if views.agree(group, board.zone, in_parts=in_parts):
            board.give(owner, group, reason)
        else:
            message = f"the names of {len(group)} files fit {owner!r}; name the right one as its 'source'"
            board.doubt(group, message, [owner])


def _without_number(file: InboxFile) -> set[str]:
    part = names.part_number(file.stem)
    return {names.key(part[0])} if part else set()


def _give_timed(board: Board, owner: str, takes: list[times.Take]) -> None:
    files = [one.file for one in takes]
    recorders = {one.recorder for one in takes if one.file.has_picture}
    if len(recorders) > 1:
        board.doubt(files, "several recorders were running at its time; name one file as the 'source'", [owner])
    elif views.agree(files, board.zone):
        board.give(owner, files, "started at the session's time")
    else:
        board.doubt(files, "several files have the same time; name one of them as the 'source'", [owner])


def _slots(board: Board) -> list[times.Slot]:
    """When live recordings are expected. Pre-recorded ones say nothing by their time."""
    slots = []
    for session in board.event.sessions:
        owners = [(one.id, one.date, one.id in board.needy and not one.source) for one in session.recordings
                  if one.kind is Kind.LIVE]  # fmt: skip
        if not session.recordings:
            owners = [(session.id, None, session.id in board.undeclared)]
        for owner, date, is_open in owners:
            start = date or session.start
            if start is not None:
                end = session.end if session.end and session.end > start else start + DEFAULT_LENGTH
                slots.append(times.Slot(owner, start, end, session.room, is_open=is_open))
    return slots
