"""Pages to bytes: the Jinja2 environment, the files that pages load, and the whole site as objects.

Every page is independent of where the tree is put: all its addresses are relative, except those of the page for
missing addresses, which a host shows at any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import chain
from pathlib import Path
from types import MethodType
from typing import Any
from urllib.parse import urlsplit

import jinja2

from catalog import filters, hosting, locales, palette, search, urls
from catalog.document import catalog_document
from catalog.feeds.files import Make
from catalog.feeds.files import parts as feeds
from catalog.fingerprints import Fingerprints, files_below, versions
from catalog.pages import Bundle, Page, bundles
from catalog.published import Catalogue
from catalog.site import Site

__all__ = ["assets", "build", "catalog_document", "environment", "parts", "render"]

TEMPLATES = Path(__file__).resolve().parent.parent / "site_templates"
Each = Callable[[int, Callable[[int], str]], Sequence[str]]
"""Gives the results of a function for the numbers from 0 up to one."""
_STATIC = "static"
_VENDOR = "vendor"
"""Scripts of others, fetched by ``make vendor``; pages work without them."""
_TRANSLATIONS = "translations"
_STYLE = "style.css"
_NOT_FOUND = "404.html"


@dataclass(frozen=True)
class Part:
    """Some objects of the site that are not made yet."""

    fingerprint: str
    """The same as long as ``make`` would make the same."""
    make: Callable[[], dict[str, bytes]]
    """Makes them: key -> content."""


@dataclass(frozen=True)
class Address:
    """Makes the addresses that one page shows."""

    page: Page
    site: Site
    hashed: Mapping[str, str]
    """Asset name -> key."""

    def file(self, key: str) -> str:
        """The address of any published object; that of media on another host is full already."""
        if "://" in key:
            return key
        if self.page.path == _NOT_FOUND:
            return urlsplit(self.site.base_url).path + key
        return urls.relative(key, base=self.page.address)

    def link(self, path: str) -> str:
        """The address of a page in the same language."""
        return self.to(self.page.folder + path)

    def to(self, address: str) -> str:
        """The address of a page of any language."""
        return self.file(urls.object_key(address) if self.site.link_files else address)

    def asset(self, name: str) -> str:
        """The address of a style sheet, script or picture."""
        return self.file(self.hashed[name])

    def has(self, name: str) -> bool:
        """Whether there is such an asset; those fetched at build time may be missing."""
        return name in self.hashed

    def absolute(self, key: str) -> str:
        """The full address of a published object."""
        return self.site.absolute(key)

    def translations(self) -> tuple[tuple[str, str], ...]:
        """Language and address of this page in every language of the interface."""
        first, *others = self.site.languages
        folders = {first: "", **{tag: f"{tag}/" for tag in others}}
        return tuple((tag, folder + self.page.path) for tag, folder in folders.items())


class _Context(jinja2.runtime.Context):
    """Calls our own methods and macros at once: Jinja2 looks for marks on each for longer than most of them take."""

    @jinja2.utils.internalcode
    def call(self, obj: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
        before: tuple[Any, ...]
        if type(obj) is jinja2.runtime.Macro:
            before = (self.eval_ctx,)
        elif type(obj) is MethodType and type(obj.__self__) in _PLAIN:
            before = ()
        else:
            return super().call(obj, *args, **named)
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        return obj(*before, *args, **named)


_PLAIN = frozenset({Address, locales.Messages})
"""Their methods need nothing of the page being rendered."""


def environment(overrides: Path | None = None) -> jinja2.Environment:
    """The Jinja2 environment: templates of ``overrides`` first, then our own; everything is escaped."""
    return _new_environment(overrides) if overrides else _own_environment()


@cache
def _own_environment() -> jinja2.Environment:
    """Our own templates alone, compiled once in a process: that takes longer than rendering a small site."""
    return _new_environment(None)


def _new_environment(overrides: Path | None) -> jinja2.Environment:
    folders = [*([overrides] if overrides else []), TEMPLATES]
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,  # it would look at the files of every template for every page
        cache_size=-1,  # all are kept, without the bookkeeping of which was used last
        extensions=["jinja2.ext.i18n"],
    )
    env.context_class = _Context
    env.newstyle_gettext = True  # type: ignore[attr-defined]  # added by the extension
    env.globals["translation_folders"] = tuple(folder / _TRANSLATIONS for folder in folders)
    filters.install(env)
    return env


def render(page: Page, env: jinja2.Environment, hashed: Mapping[str, str]) -> bytes:
    """One page as UTF-8 HTML.

    Args:
        page: what to show.
        env: see ``environment``.
        hashed: asset name -> key, see ``asset_keys``.
    """
    site = page.context["site"]
    at = Address(page, site, hashed)
    said = locales.messages(env.globals["translation_folders"], page.language)
    text = env.get_template(page.template).render(
        **page.context,
        page=page,
        at=at,
        locale=locales.parse(page.language),
        _=said.gettext,
        gettext=said.gettext,
        ngettext=said.ngettext,
        pgettext=said.pgettext,
    )
    return text.encode()


def assets(catalogue: Catalogue, overrides: Path | None = None) -> dict[str, bytes]:
    """Style sheets, scripts and pictures by name; the style sheet begins with the theme's colours."""
    found: dict[str, bytes] = {}
    for folder in (TEMPLATES / _VENDOR, TEMPLATES / _STATIC, *([overrides / _STATIC] if overrides else [])):
        if folder.is_dir():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    found[path.relative_to(folder).as_posix()] = path.read_bytes()
    found[_STYLE] += b"\n" + palette.style_sheet(catalogue.site.theme.colour).encode()
    return found | dict(catalogue.files)


def asset_keys(files: Mapping[str, bytes]) -> dict[str, str]:
    """Asset name -> key, with a digest of the content in it, so that it may be kept for ever."""
    return {name: urls.asset(name, content) for name, content in files.items()}


def build(catalogue: Catalogue, overrides: Path | None = None, *, now: datetime | None = None) -> dict[str, bytes]:
    """The whole site but its media: key -> content, byte-identical for the same arguments; see ``parts``."""
    return {key: content for part in parts(catalogue, overrides, now=now) for key, content in part.make().items()}


def _one_by_one(count: int, make: Callable[[int], str]) -> Sequence[str]:
    return [make(number) for number in range(count)]


def parts(
    catalogue: Catalogue,
    overrides: Path | None = None,
    *,
    now: datetime | None = None,
    known: Fingerprints | None = None,
    each: Each = _one_by_one,
) -> Iterator[Part]:
    """The whole site but its media, in parts that are not made yet.

    Args:
        catalogue: what may be shown.
        overrides: a folder whose templates, ``static/`` files and ``translations/`` replace ours.
        now: see ``pages.bundles``.
        known: fingerprints of some of the facts, which need not be looked at again.
        each: gives the results of a function for the numbers up to one, perhaps by several processes.

    Raises:
        AftertalkError: see ``pages.bundles``.
    """
    files = assets(catalogue, overrides)
    hashed = asset_keys(files)
    env = environment(overrides)
    facts = Fingerprints(*_base(catalogue, overrides), hashed, known=known)
    yield Part(facts.of("assets"), lambda: {hashed[name]: content for name, content in files.items()})
    pages = list(bundles(catalogue, now=now))
    indexed = [path for one in pages for path in one.indexed]
    # In all their languages pages show the same facts.
    found: list[tuple[Callable[[], tuple[object, ...]], Make]] = [
        (partial(_facts, one), partial(_rendered, one, env, hashed)) for one in pages
    ]
    for depends, make in chain(feeds(catalogue, indexed), search.parts(catalogue)):
        found.append((partial(tuple, ("file", *depends)), make))
    fingerprints = each(len(found), lambda number: facts.of(*found[number][0]()))
    for fingerprint, (_, make) in zip(fingerprints, found, strict=True):
        yield Part(fingerprint, make)
    yield Part(facts.of("hosting"), lambda: {hosting.HEADERS: hosting.headers()})


def _base(catalogue: Catalogue, overrides: Path | None) -> Iterator[object]:
    """What every page depends on. An organiser's own templates may show anything anywhere."""
    yield versions()
    yield files_below(TEMPLATES, *([overrides] if overrides else []))
    yield catalogue.site
    yield sorted(catalogue.files), bool(catalogue.recordings)
    if overrides:
        sessions = tuple(event.sessions for event in catalogue.events)
        yield catalogue.events, sessions, catalogue.recordings, catalogue.expected, catalogue.withdrawn
        yield catalogue.activity


def _facts(bundle: Bundle) -> tuple[object, ...]:
    return ("pages", *bundle.facts())


def _rendered(bundle: Bundle, env: jinja2.Environment, hashed: Mapping[str, str]) -> dict[str, bytes]:
    found = (one for page in bundle.make() for one in page.everywhere())
    return {urls.object_key(one.address): render(one, env, hashed) for one in found}
