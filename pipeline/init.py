"""``aftertalk init``: a commented starter catalogue that publishes as it is."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pipeline.config import CATALOGUE_FILE, EVENT_FILE, INBOX
from pipeline.errors import ConfigurationError

EVENT = "first-meeting"


def create(directory: Path) -> tuple[Path, ...]:
    """Write the starter catalogue into ``directory`` and return the files written.

    Raises:
        ConfigurationError: there is a catalogue already, or the folder cannot be written.
    """
    if (directory / CATALOGUE_FILE).exists():
        raise ConfigurationError(
            str(directory / CATALOGUE_FILE), "exists already", hint="choose another folder; nothing was changed"
        )
    starter = resources.files("pipeline") / "starter"
    targets = {directory / CATALOGUE_FILE: CATALOGUE_FILE, directory / EVENT / EVENT_FILE: EVENT_FILE}
    try:
        (directory / EVENT / INBOX).mkdir(parents=True, exist_ok=True)
        for target, name in targets.items():
            target.write_bytes((starter / name).read_bytes())
    except OSError as error:
        raise ConfigurationError(
            str(directory), f"cannot be written ({error.strerror})", hint="choose a folder that you own"
        ) from error
    return tuple(targets)
