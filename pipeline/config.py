"""``catalogue.yaml`` as frozen settings. All mistakes of a catalogue are reported together."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, Secret, SecretStr, field_validator

from catalog import documents
from catalog.fields import Language, Model, ShortForm, Text, Title, Url
from catalog.model import APPROVED, Release
from catalog.site import Podcast, Site, Theme
from pipeline.errors import ConfigurationError, InvalidDocumentError

CATALOGUE_FILE = "catalogue.yaml"
EVENT_FILE = "event.yaml"
INBOX = "recordings"
WORKSPACE = ".aftertalk"


class Defaults(Model):
    """What counts for recordings that do not say otherwise."""

    release: Release = APPROVED
    """``approved``, or ``held`` when every recording must be approved by name."""


class Encoder(StrEnum):
    """What encodes H.264."""

    SOFTWARE = "software"
    """x264, on the processor."""
    NVENC = "nvenc"
    """Cards of NVIDIA."""
    QSV = "qsv"
    """Graphics of Intel, by Quick Sync Video."""
    VAAPI = "vaapi"
    """Cards of AMD, and older graphics of Intel."""


class TranscodeSettings(Model):
    """How recordings are encoded."""

    heights: tuple[int, ...] = (1080, 720, 480, 360)
    """Rungs of the ladder, pixels; those above the source are left out."""
    codecs: tuple[Literal["h264", "av1"], ...] = ("h264",)
    """With ``av1`` the largest sizes are made once more, for players that have AV1; H.264 is always made."""
    encoder: Encoder = Encoder.SOFTWARE
    """``software``, or hardware that makes H.264: ``nvenc``, ``qsv`` or ``vaapi``."""
    copy_source: bool = True
    """Copy the source's picture as the top rung when it is ready for the web."""
    audio_bitrate: int = Field(default=64_000, ge=16_000, le=320_000)
    """bit/s for mono; stereo has 1.5 times as many."""
    loudness: float | None = Field(default=-16, ge=-31, le=-10)
    """LUFS (EBU R128) that all sound is brought to; ``none`` leaves it as it is."""
    max_duration_hours: float = Field(default=24, gt=0)
    """Longer sources are refused."""

    @field_validator("codecs")
    @classmethod
    def _for_every_player(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "h264" not in value:
            raise ValueError("h264 must be among the codecs: not every player has another")
        return value


class CaptionSettings(Model):
    """How captions are made."""

    recognise: bool = True
    """Whether speech is recognised where there are no captions."""
    model: str | None = None
    """A speech model: ``tiny.en``, ``base``, or a folder with a Whisper model in CTranslate2's form; the best one that
    is installed when not given."""
    glossary: tuple[Text, ...] = ()
    """Names, acronyms and terms that speech recognition should expect."""


class FetchSettings(Model):
    """How sources given by address are fetched."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts (``name`` or ``name:port``) that may be fetched from although their address is not public."""
    max_bytes: int = Field(default=20 * 1024**3, gt=0)
    """A larger download is refused."""
    max_minutes: float = Field(default=240, gt=0)
    """A longer download is stopped."""
    min_rate: int = Field(default=1000, gt=0)
    """A source that sends fewer bytes a second, but more than none, is given up."""
    rate_limit: int | None = Field(default=None, gt=0)
    """Bytes a second to ask of a source at most."""
    cookies: str | None = None
    """A cookies file (Netscape format) in the catalogue directory, for sources that need a login."""
    endpoint: Url | None = None
    """Address of the S3-compatible service of ``s3://`` sources, when it is not that of the catalogue."""
    passwords: dict[Url, SecretStr] = Field(default_factory=dict)
    """Address of a source -> its password, e.g. the passcode of a Zoom recording."""


class ClusterSettings(Model):
    """How to reach a Dask cluster that asks who one is. Paths are relative to the catalogue directory."""

    ca: str | None = None
    """Certificate (PEM) of the authority that signed the cluster's certificates."""
    certificate: str | None = None
    """This machine's certificate (PEM)."""
    key: str | None = None
    """The key of that certificate (PEM)."""


def _known_place(value: str) -> str:
    if "://" in value and not value.startswith("s3://"):
        raise ValueError(f"{value!r} is not a place to publish to: use a folder or s3://bucket/prefix")
    return value


def _with_slash(value: str) -> str:
    return value if value.endswith("/") else f"{value}/"


PlaceName = Annotated[str, AfterValidator(_known_place)]
"""A folder relative to the catalogue, or ``s3://bucket/prefix``."""
FolderUrl = Annotated[Url, AfterValidator(_with_slash)]


class Mirror(ShortForm):
    """Another place that gets everything the main one gets."""

    short_form: ClassVar[str] = "publish"
    publish: PlaceName
    endpoint: Url | None = None
    """Address of its S3-compatible service other than AWS."""
    profile: str | None = None
    """Profile of its credentials, in ``~/.aws``."""


class MediaPlace(Model):
    """A host of its own for video, sound, captions and posters."""

    url: FolderUrl
    """Where readers find them."""
    publish: PlaceName | None = None
    """Where they are put; with the pages when not given (``url`` is then another way to the same place)."""
    endpoint: Url | None = None
    profile: str | None = None


class UploadSettings(Model):
    """How objects are sent."""

    workers: int = Field(default=16, ge=1, le=32)
    """Objects sent at the same time."""
    bandwidth: int | None = Field(default=None, ge=10_000)
    """Bytes a second that all uploads to a place use at most."""


class HookSettings(Model):
    """Whom to tell. Commands are programs with their arguments, run in the catalogue directory."""

    notify: tuple[str, ...] = ()
    """A command that gets a JSON notice on its standard input of recordings published, withdrawn or failed."""
    webhook: Secret[Url] | None = None
    """An address that the same notice is posted to."""
    changed: tuple[str, ...] = ()
    """A command that gets the addresses a CDN must ask for again, one a line, after each publish that changed any."""

    @field_validator("notify", "changed", mode="before")
    @classmethod
    def _one_word(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Settings(Model):
    """Everything ``catalogue.yaml`` says."""

    title: Title
    description: Text = ""
    base_url: FolderUrl = "http://localhost:8000/"
    """Where the catalogue will be found."""
    publish: PlaceName = "./public"
    """Where to publish: a folder relative to the catalogue, or ``s3://bucket/prefix``."""
    endpoint: Url | None = None
    """Address of an S3-compatible store other than AWS."""
    profile: str | None = None
    """Profile of its credentials, in ``~/.aws``; the usual boto3 chain when not given."""
    media: MediaPlace | None = None
    """Video, sound, captions and posters on a host of their own."""
    mirrors: tuple[Mirror, ...] = ()
    """Further places that get everything."""
    upload: UploadSettings = UploadSettings()
    hooks: HookSettings = HookSettings()
    metrics: Path | None = None
    """A file for Prometheus' textfile collector to write after each run, besides the one in the workspace."""
    workspace_bytes: int | None = Field(default=None, ge=0)
    """Size that the workspace is brought back to after each run, as far as all in it is published."""
    link_files: bool = False
    """Link to ``…/index.html``: for opening the pages straight from a store that serves nothing for a folder."""
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)
    """Languages of the interface; the first is the default."""
    licence: Text = ""
    """For recordings that give none: SPDX identifier or text."""
    contact: Text = ""
    theme: Theme = Theme()
    podcast: Podcast = Podcast()
    events: tuple[str, ...] = ()
    """Event folders; every folder that has an ``event.yaml`` when not given."""
    defaults: Defaults = Defaults()
    transcode: TranscodeSettings = TranscodeSettings()
    captions: CaptionSettings = CaptionSettings()
    fetch: FetchSettings = FetchSettings()
    work: str | None = None
    """Where the machines of a cluster share sources and unfinished work: a folder that all see, or
    ``s3://bucket/prefix``; needed with ``--engine tcp://…`` only."""
    cluster: ClusterSettings = ClusterSettings()
    ffmpeg: Path | None = None
    """An ffmpeg program to use instead of the one that comes along."""

    def published_to(self, place: str | None) -> Settings:
        """The same with everything in one other place; as it is when none is given."""
        if place is None:
            return self
        return self.model_copy(update={"publish": place, "media": None, "mirrors": ()})

    @property
    def site(self) -> Site:
        """What the pages show of these settings."""
        return Site(
            title=self.title,
            description=self.description,
            base_url=self.base_url,
            languages=self.languages,
            licence=self.licence,
            contact=self.contact,
            theme=self.theme,
            podcast=self.podcast,
            media_url=self.media.url if self.media else None,
            link_files=self.link_files,
        )


def load_settings(directory: Path) -> Settings:
    """Read ``catalogue.yaml`` in ``directory``.

    Raises:
        ConfigurationError: there is none.
        InvalidDocumentError: it has mistakes.
    """
    path = directory / CATALOGUE_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            str(path),
            f"cannot be read ({error.strerror})",
            hint="name the catalogue's directory with --catalogue, or make one with 'aftertalk init DIR'",
        ) from error
    return documents.validate(documents.parse(str(path), content), Settings)


__all__ = ["ConfigurationError", "InvalidDocumentError", "Settings", "load_settings"]
