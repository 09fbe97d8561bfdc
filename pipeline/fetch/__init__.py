"""Fetching sources given by address.

Objects of a bucket come through the store protocol (``objects.py``). Everything else is fetched by yt-dlp in a confined
process, through a guard that decides where it may go.

The process (``fetch_worker.py``) has no network but a socket to the guard (``guard.py``) in this process. The guard
resolves every host once, refuses addresses that are not public unless the catalogue allows the host, and counts bytes.
So no redirect, embedded link, playlist or DNS answer leads anywhere else, whatever yt-dlp is made to do.
"""

from pipeline.fetch.fetching import Fetcher
from pipeline.fetch.result import Fetched, FetchedSubtitle, recall, shown_url

__all__ = ["Fetched", "FetchedSubtitle", "Fetcher", "recall", "shown_url"]
