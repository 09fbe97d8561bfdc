"""How the catalogue is made: the verbs. This package imports ``catalog``; ``catalog`` never imports it.

The flow, for one recording (``flow.py``; the ordered stages are ``stages.STAGES``):

1. **ingest** reads the catalogue directory or an address, and gives the source file and its SHA-256. Rule: the
   organiser's files are only ever read.
2. **probe** reads the source in a confined process, and gives its streams, duration and key frames. Rule: nothing a
   file claims about itself is believed without bound.
3. **transcode** reads the source once, and gives every rendition, the audio file and the poster. Rule: one decode.
4. **captions** reads caption files and embedded tracks, and gives clean WebVTT and transcripts. Rule: no word lost,
   none invented.
5. **transcribe** reads the sound file, where nobody wrote captions in the language spoken, and gives automatic ones.
   Rule: never beside a person's captions, nothing over silence or music.
6. **slides** reads the stills of the slides, where text recognition is installed, and gives their text. Rule: a
   recording does without it.
7. **enrich** reads what the other stages gave, and writes the HLS master playlist and the chapters. Rule: cheap
   enough to be made again whenever anything it names changes.
8. **publish** (for the whole catalogue) renders the pages, compares what is wanted with what the store has, and
   carries out the difference. Rule: media first, then pages, then ``catalog.json``; deletes last.

Each of the first seven gives an **artifact**: immutable, and known by a key made from everything it depends on
(``freshness.py``). The workspace keeps artifacts (``workspace.py``), the recording's manifest in the store remembers
them. Whatever has its key already made is not made again, so a run may be killed at any point and repeated.

Only ``media.runner`` starts processes, only ``storage.s3`` imports boto3, only ``cli`` prints and exits.
"""
