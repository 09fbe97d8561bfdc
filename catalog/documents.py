"""YAML documents with line numbers: parsed within bounds, validated with every mistake reported at once.

Parsing uses YAML's core types only (text, integers, decimals, true/false, null): ``no`` is a language and
``2021-06-28`` is text until a model says it is a date. Tags and anchors are refused: they are how YAML bombs and
code execution get in, and no catalogue needs them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from catalog.errors import Finding, InvalidDocumentError, Severity

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 40
GRAMMAR = b"1 "
"""To be raised when the same text is to be read as other data; for those who remember what they read."""

ModelT = TypeVar("ModelT", bound=BaseModel)
Location = tuple[int | str, ...]


@dataclass(frozen=True)
class Document:
    """A parsed YAML document."""

    name: str
    """How messages name it."""
    data: Any
    content: bytes
    """What it was read from."""

    @cached_property
    def _root(self) -> yaml.Node | None:
        """The nodes of YAML; they are looked for again only where there is a mistake to point at."""
        return yaml.compose(self.content.decode("utf-8-sig"), Loader=_Loader)

    def line(self, location: Location) -> int:
        """The line, counted from 1, of the value at ``location``, or of the nearest value around it."""
        node = self._root
        line = node.start_mark.line + 1 if node else 1
        for part in location:
            here, node = _child(node, part)
            if here is None:
                break
            line = here.start_mark.line + 1
        return line


def _child(node: yaml.Node | None, part: int | str) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Where a field or an entry begins, and its value."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None, None


def parse(name: str, content: bytes) -> Document:
    """Parse one YAML document of at most ``MAX_BYTES``.

    Raises:
        InvalidDocumentError: it is not UTF-8, not YAML, too large, too deep, or uses tags, anchors or repeated keys.
    """
    if len(content) > MAX_BYTES:
        raise _invalid(name, 0, f"the file has {len(content)} bytes; at most {MAX_BYTES} are read", "")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _invalid(name, line, "the file is not UTF-8 text", "save it as UTF-8 in your editor") from error
    try:
        if _may_be_refused(text):
            for event in yaml.parse(text, Loader=_SafeLoader):
                _refuse_anchors(name, event)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        hint = "look for a missing quote, colon or wrong indentation on or just above this line"
        raise _invalid(name, line, f"this is not valid YAML: {error.problem}", hint) from error
    except yaml.YAMLError as error:
        raise _invalid(name, 0, f"this is not valid YAML: {error}", "remove the characters named") from error
    return Document(name, None if root is None else _construct(name, root, 0), content)


def validate(document: Document, model: type[ModelT], data: Any = None) -> ModelT:
    """Validate the document (or ``data`` made from it) as ``model``.

    Raises:
        InvalidDocumentError: with every mistake: line, field, what is wrong, and the nearest known field name.
    """
    try:
        return model.model_validate(document.data if data is None else data)
    except ValidationError as error:
        findings = tuple(_finding(document, model, dict(one)) for one in error.errors(include_url=False))
        raise InvalidDocumentError(document.name, findings) from None


_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = re.compile(r"[&*!]")
_BEFORE_MARK = re.compile("[\\s\ufeff\\[{,:?-]")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{1,17}\Z")


class _Loader(_SafeLoader):  # type: ignore[misc,valid-type] # whichever there is
    """Leaves it to ``_scalar`` what a plain value is: looking for YAML's many types takes as long as all the rest."""

    def resolve(self, *_: object) -> str:
        """No tag."""
        return ""


def _may_be_refused(text: str) -> bool:
    """Whether there is a place where an anchor, an alias or a tag could begin.

    Most documents have none, and need not be read twice.
    """
    places = (match.start() for match in _MARK.finditer(text))
    return any(place == 0 or _BEFORE_MARK.match(text, place - 1) for place in places)


def _invalid(name: str, line: int, message: str, hint: str, field: str = "") -> InvalidDocumentError:
    return InvalidDocumentError(name, (Finding(Severity.ERROR, name, line, field, message, hint),))


def _refuse_anchors(name: str, event: yaml.Event) -> None:
    line = event.start_mark.line + 1 if event.start_mark else 0
    if getattr(event, "anchor", None) is not None:
        raise _invalid(name, line, "anchors and aliases (& and *) are not allowed", "write the value out in full")
    if getattr(event, "tag", None) is not None:
        raise _invalid(name, line, "tags (!) are not allowed", "remove the tag, or put the text in quotes")


def _construct(name: str, node: yaml.Node, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise _invalid(name, node.start_mark.line + 1, f"nested more than {MAX_DEPTH} levels deep", "")
    if isinstance(node, yaml.SequenceNode):
        return [_construct(name, one, depth + 1) for one in node.value]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise _invalid(name, key_node.start_mark.line + 1, "a field name must be plain text", "")
            if key in mapping:
                raise _invalid(name, key_node.start_mark.line + 1, f"{key!r} is given twice", "keep one of them", key)
            mapping[key] = _construct(name, value_node, depth + 1)
        return mapping
    return _scalar(node.value, plain=not getattr(node, "style", None))


def _scalar(value: str, *, plain: bool) -> Any:
    if not plain:
        return value
    if value in {"", "~", "null"}:
        return None
    if value in {"true", "false"}:
        return value == "true"
    if _INTEGER.match(value):
        return int(value)
    return float(value) if _DECIMAL.match(value) else value


def _finding(document: Document, model: type[BaseModel], error: dict[str, Any]) -> Finding:
    location: Location = error["loc"]
    message, hint = str(error["msg"]).removeprefix("Value error, "), ""
    if error["type"] == "extra_forbidden":
        message, hint = "there is no such field", _did_you_mean(str(location[-1]), model, location[:-1])
    elif error["type"] == "missing":
        message, hint = "this field is required", f"add a line '{location[-1]}: …'"
    elif error["type"] == "enum":
        message = f"{error['input']!r} is not one of {error['ctx']['expected']}"
    field = ".".join(str(part) for part in location)
    return Finding(Severity.ERROR, document.name, document.line(location), field, message, hint)


def _did_you_mean(unknown: str, model: type[BaseModel], location: Location) -> str:
    names = _field_names(model, location)
    close = difflib.get_close_matches(unknown, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known fields: {', '.join(sorted(names))}"


def _field_names(model: type[BaseModel], location: Location) -> list[str]:
    """The field names of the model found by following ``location`` from ``model``."""
    for part in location:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            break
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        if (found := _model_in(inner)) is not None:
            return found
    return None
