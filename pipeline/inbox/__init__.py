"""The inbox: which file in ``recordings/`` belongs to which recording.

``scan`` looks at a folder and gives the regular files in it (``files.py``). ``match`` is pure: it gives every
recording the files that are its own, by these rules, the first that applies:

1. **By name.** ``source: file`` in the event's description.
2. **By id.** The file, or the folder it lies in, is named like the recording's id (case and accents do not matter);
   or like its session's id, when the session has one recording, or none declared: that makes one.
3. **By guid.** The recording's guid is part of the file's or folder's name.
4. **By time and room** (``times.py``). Recorders name files by the moment they started.

Captions, slides and a poster belong to a recording when they are named like its media file or like its id
(``sidecars.py``). When a recorder left several views or parts of one recording, ``views.py`` says which are taken.
Nothing is guessed: a file that could belong to two recordings belongs to none, and is listed with both.
"""

from pipeline.inbox.files import InboxFile, Scan, scan, shown
from pipeline.inbox.matching import match
from pipeline.inbox.result import Found, FoundCaption, Matches, Missing, Unmatched

__all__ = ["Found", "FoundCaption", "InboxFile", "Matches", "Missing", "Scan", "Unmatched", "match", "scan", "shown"]
