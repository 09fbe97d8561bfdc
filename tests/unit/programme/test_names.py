"""People's names out of cells and credit lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.programme.names import credited, is_credit, says_presentation, split_names


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Ann Li", ["Ann Li"]),
        ("Ann Li; Bo Ek", ["Ann Li", "Bo Ek"]),
        ("Ann Li, Bo Ek & Cy Roy", ["Ann Li", "Bo Ek", "Cy Roy"]),
        ("Li, Ann", ["Li, Ann"]),
        ("Ann Li and Bo Ek", ["Ann Li", "Bo Ek"]),
        ("Ana y Bea", ["Ana", "Bea"]),
        ("Ann Li (ANU, Canberra), Bo Ek (KTH)", ["Ann Li", "Bo Ek"]),
        ("Ann Li <ann@example.org>", ["Ann Li"]),
        ("陈晓、王伟", ["陈晓", "王伟"]),
        ("Ann Li\nBo Ek", ["Ann Li", "Bo Ek"]),
        ("  ", []),
    ],
)
def test_cells(cell: str, names: list[str]) -> None:
    """Separators of many kinds part people; a comma parts them only between full names; addresses are dropped."""
    assert [person.name for person in split_names(cell)] == names


@pytest.mark.parametrize(
    "cell", ["a" * 1_000_000, "a@" * 500_000, "Ann Li, " * 100_000, "Ann (" * 200_000, "," * 1_000_000]
)
def test_endless_cells_end(cell: str) -> None:
    """Time grows with the length of a cell, not with its square: in a test, that it ends at all."""
    assert len(split_names(cell)) <= len(cell)


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ("Presentation by Ann Li", [("Ann Li", "presenter", "")]),
        (
            "Presentation by Ann Li and Bo Ek, Data Office, ANU",
            [("Ann Li", "presenter", "Data Office, ANU"), ("Bo Ek", "presenter", "Data Office, ANU")],
        ),
        ("Presentation by Executive Director, Ann Li, ANU", [("Ann Li", "presenter", "Executive Director, ANU")]),
        ("By Ann van der Li, KTH, Sweden", [("Ann van der Li", "presenter", "KTH, Sweden")]),
        (
            "Facilitators: Ann Li, Bo Ek, ANU Secretariat",
            [("Ann Li", "facilitator", "ANU Secretariat"), ("Bo Ek", "facilitator", "ANU Secretariat")],
        ),
        ("Live with everybody. Panel moderator: Ann Li, ANU", [("Ann Li", "moderator", "ANU")]),
        ("Presentation by ANU Norway", [("ANU Norway", "presenter", "")]),
        ("Presenter: Bo Ek KTHB Node Manager", [("Bo Ek", "presenter", "KTHB Node Manager")]),
        ("Panel moderator: tbc", []),
        ("chaired by Ann Li and Bo Ek", [("Ann Li", "chair", ""), ("Bo Ek", "chair", "")]),
    ],
)
def test_credit_lines(line: str, people: list[tuple[str, str, str]]) -> None:
    """Roles come from the label, affiliations from what follows; a body presents where nobody is named."""
    assert is_credit(line)
    assert [(one.name, one.role, one.organisation) for one in credited(line)] == people


def test_a_presentation_is_told_from_a_discussion() -> None:
    """Only ``Presentation by`` and ``By`` credit a presentation."""
    assert says_presentation("Presentation by Ann Li")
    assert says_presentation("By Ann Li")
    assert not says_presentation("Moderator: Ann Li")
    assert not says_presentation("Seen by many")


@given(st.text(max_size=200))
def test_no_line_is_a_crash(line: str) -> None:
    """Any text gives people with names, or nobody."""
    for label in ("", "Presenters: ", "Presentation by "):
        assert all(person.name.strip() for person in [*credited(label + line), *split_names(line)])
