"""The watch page in a real browser: plays, seeks, shows captions, and works without scripts."""

from __future__ import annotations

import re
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visiting

pytestmark = pytest.mark.browser
PLAY = "document.getElementById('player').play().catch(() => {})"
PANEL = "nodes2021/theme-1/panel/"


def position(page: Page) -> float:
    return float(page.evaluate("document.getElementById('player').currentTime"))


def wait_for(page: Page, condition: str) -> None:
    """Wait until a JavaScript condition holds (the page's own policy forbids Playwright's way of polling)."""
    deadline = monotonic() + 20
    while not page.evaluate(condition):
        assert monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(50)


def wait_until_past(page: Page, seconds: float) -> None:
    wait_for(page, f"document.getElementById('player').currentTime > {seconds}")


def test_nothing_of_the_media_is_fetched_before_play(visit: Visiting) -> None:
    """Before the first play a page costs its text, style, scripts and the poster."""
    with visit(PANEL) as found:
        found.page.wait_for_timeout(300)
        assert not [url for url in found.requests if url.endswith((".mp4", ".m3u8", ".m4a", ".vtt"))]
        assert not [url for url in found.requests if "hls" in url]


def test_plays_with_captions_showing(visit: Visiting) -> None:
    """The video plays; the captions chosen are shown, in step with it."""
    with visit(PANEL) as found:
        page = found.page
        page.evaluate("document.getElementById('player').textTracks[0].mode = 'showing'")
        page.evaluate(PLAY)
        wait_until_past(page, 1.2)
        wait_for(page, "document.getElementById('player').textTracks[0].activeCues.length === 1")
        cue = page.evaluate("document.getElementById('player').textTracks[0].activeCues[0].text")
        assert cue in {
            "We have colleagues from every region with us today.",
            "Before we start, please put your questions in the forum.",
        }


def test_plays_to_the_end(visit: Visiting) -> None:
    """After a seek near the end playback reaches the end."""
    with visit(PANEL) as found:
        found.page.evaluate(PLAY)
        wait_until_past(found.page, 0.2)
        found.page.evaluate("document.getElementById('player').currentTime = 22.5")
        wait_for(found.page, "document.getElementById('player').ended")


@pytest.mark.parametrize("address", ["#t=9", "?t=9", "#t=0:09", "?t=00:00:09"])
def test_deep_links_start_at_their_second(visit: Visiting, address: str) -> None:
    """``#t=`` and ``?t=``, in seconds or as a clock, lead to that second."""
    with visit(PANEL + address) as found:
        found.page.evaluate(PLAY)
        wait_until_past(found.page, 9.1)
        assert position(found.page) < 14


def test_transcript_seeks_and_follows(visit: Visiting) -> None:
    """A time in the transcript is a link that plays from there; the sentence being said is marked."""
    with visit(PANEL) as found:
        page = found.page
        page.get_by_role("region", name="Transcript").get_by_role("link", name="0:16").click()
        wait_until_past(page, 16)
        marked = page.locator(".transcript span.now")
        expect(marked).to_have_count(1)
        assert int(marked.get_attribute("data-ms") or 0) >= 16_000
        assert page.url.endswith("#t=16")
        expect(page.locator(".chapters a.now")).to_contain_text("Questions")


def test_find_in_transcript(visit: Visiting) -> None:
    """Typing leaves the paragraphs that contain the words, and says how many."""
    with visit(PANEL) as found:
        page = found.page
        page.get_by_label("Find in the transcript").fill("MUSEUMS")
        expect(page.locator("#found")).to_have_text("Paragraphs found: 3")
        page.get_by_label("Find in the transcript").fill("elephants")
        expect(page.locator(".transcript p[id]:visible")).to_have_count(0)


def test_quality_and_speed(visit: Visiting) -> None:
    """Another quality goes on from the same second; the speed holds and is remembered."""
    with visit(PANEL) as found:
        page = found.page
        page.evaluate(PLAY)
        wait_until_past(page, 0.3)
        page.get_by_label("Speed").select_option("1.5")
        page.evaluate("document.getElementById('player').currentTime = 12")
        page.get_by_label("Quality").select_option(label="360p")
        wait_until_past(page, 12.1)
        assert page.evaluate("document.getElementById('player').currentSrc").endswith("/360p.mp4")
        assert page.evaluate("document.getElementById('player').playbackRate") == 1.5
        page.reload()
        assert page.evaluate("document.getElementById('player').playbackRate") == 1.5


def test_resumes_where_it_was_left(visit: Visiting) -> None:
    """On return the page offers, and does not force, to go on where playback was left."""
    with visit(PANEL + "#t=13") as found:
        page = found.page
        page.evaluate(PLAY)
        wait_until_past(page, 13.2)
        page.evaluate("document.getElementById('player').pause()")
        page.goto(page.url.partition("#")[0] + "?again")
        page.get_by_role("button", name="Continue at 0:13").click()
        wait_until_past(page, 13)


def test_copies_a_link_to_the_second(visit: Visiting) -> None:
    """The copied link names the second on show."""
    with visit(PANEL + "?t=7", permissions=["clipboard-read", "clipboard-write"]) as found:
        page = found.page
        page.get_by_role("button", name="Copy a link to this second").click()
        expect(page.get_by_role("status").filter(has_text="copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()").endswith(PANEL + "#t=7")


def test_without_scripts(visit: Visiting) -> None:
    """Without scripts the player has its controls, plays, and everything can be read and downloaded."""
    with visit(PANEL, java_script_enabled=False) as found:
        page = found.page
        expect(page.locator("video[controls]")).to_be_visible()
        expect(page.locator("video track")).to_have_count(3)
        expect(page.get_by_text("four museums").first).to_be_visible()
        expect(page.get_by_role("link", name="Video 720p")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        page.get_by_role("region", name="Transcript").get_by_role("link", name="0:08").click()
        assert page.url.endswith("#t=8")


def test_sound_only_recording(visit: Visiting) -> None:
    """A recording without picture has an audio player that plays."""
    with visit("nodes2021/radio/voices/") as found:
        found.page.evaluate(PLAY)
        wait_until_past(found.page, 0.5)
        assert found.page.locator("video").count() == 0


def test_keyboard_reaches_the_player(visit: Visiting) -> None:
    """Tab leads past the skip link and the crumbs to the player, which plays at the space bar."""
    with visit(PANEL) as found:
        page = found.page
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "player":
                break
        assert page.evaluate("document.activeElement.id") == "player"
        page.keyboard.press("Space")
        wait_until_past(page, 0.2)


def test_transcript_in_another_language(visit: Visiting) -> None:
    """Another language of the transcript is made from its captions, marked as a machine's, and seeks as well."""
    with visit(PANEL) as found:
        page = found.page
        page.locator("#read-in").select_option(label="Español")
        expect(page.locator("#by-machine")).to_be_visible()
        transcript = page.locator("#transcript")
        expect(transcript).to_have_attribute("lang", "es")
        expect(transcript.locator("span[data-ms]")).to_have_count(24)
        transcript.get_by_text("That took ten years").first.click()
        wait_until_past(page, 5)
        expect(page.locator(".transcript span.now")).to_have_count(1)
        page.locator("#read-in").select_option(label="English")
        expect(page.locator("#by-machine")).to_be_hidden()
        expect(transcript.locator("b").first).to_have_text("Amina Okoye")


def test_pictures_of_the_whole_recording(visit: Visiting) -> None:
    """Nothing of the storyboard is fetched before it is opened; each picture leads to its moment."""
    with visit(PANEL) as found:
        page = found.page
        page.wait_for_timeout(200)
        assert not [url for url in found.requests if "storyboard" in url]
        page.get_by_text("At a glance").click()
        tiles = page.locator("#board a")
        expect(tiles).to_have_count(12)
        assert page.evaluate("getComputedStyle(document.querySelector('#board .tile')).backgroundImage").endswith(
            'storyboard-1.jpg")'
        )
        tiles.nth(5).click()
        wait_until_past(page, 10)


def test_pointing_at_the_line_shows_what_is_there(visit: Visiting) -> None:
    """A pointer over the line below the player shows picture, time and chapter; the pictures are fetched only then."""
    with visit(PANEL) as found:
        page = found.page
        line = page.locator("#seek input")
        box = line.bounding_box()
        assert box is not None
        expect(page.locator(".peek")).to_be_hidden()
        line.hover(position={"x": box["width"] * 0.75, "y": box["height"] / 2})
        expect(page.locator(".peek")).to_contain_text("0:18 – Questions")
        wait_for(page, "performance.getEntriesByType('resource').some((one) => one.name.endsWith('storyboard.vtt'))")
        line.hover(position={"x": box["width"] * 0.8, "y": box["height"] / 2})
        expect(page.locator(".peek .tile")).to_be_visible()
        page.mouse.move(1, 1)
        expect(page.locator(".peek")).to_be_hidden()
        line.click(position={"x": box["width"] * 0.75, "y": box["height"] / 2})
        wait_until_past(page, 18)


def test_keys_move_on_the_line(visit: Visiting) -> None:
    """The line is a slider that says time and chapter; Escape hides the picture, Home leads to the beginning."""
    with visit(PANEL + "?t=9") as found:
        page = found.page
        line = page.locator("#seek input")
        page.evaluate(PLAY)
        wait_until_past(page, 9)
        page.evaluate("document.getElementById('player').pause()")
        line.focus()
        page.keyboard.press("ArrowRight")
        expect(line).to_have_attribute("aria-valuetext", re.compile(r"0:1[01] – Mobilising data"))
        expect(page.locator(".peek")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".peek")).to_be_hidden()
        page.keyboard.press("Home")
        wait_for(page, "document.getElementById('player').currentTime < 5")
        expect(line).to_have_attribute("aria-valuetext", re.compile("Welcome"))


def test_data_saver_is_chosen_again(visit: Visiting) -> None:
    """Who saves data once saves it on every page, from the first byte on."""
    with visit(PANEL) as found:
        page = found.page
        page.get_by_label("Quality").select_option(label="Data saver")
        page.goto(page.url.replace("panel", "welcome"))
        expect(page.get_by_label("Quality")).to_have_value(re.compile(r"360p\.mp4$"))
        page.evaluate(PLAY)
        wait_until_past(page, 0.3)
        assert not [url for url in found.requests if url.endswith((".m3u8", "720p.mp4", "1080p.mp4"))]


def test_recording_kept_elsewhere(visit: Visiting) -> None:
    """A recording kept by others has a page that leads there, and asks nobody before."""
    with visit("nodes2021/theme-1/history/") as found:
        link = found.page.get_by_role("link", name="Watch on video.example.org")
        expect(link).to_have_attribute("href", "https://video.example.org/history")
        expect(found.page.locator("video, audio")).to_have_count(0)
        expect(found.page.locator(".marks").first).to_contain_text("12:00")


def test_slides_stand_beside_chapters(visit: Visiting) -> None:
    """On a phone nothing of the slides is fetched until a reader comes to the chapters; then each has its own."""
    with visit(PANEL, viewport={"width": 390, "height": 600}) as found:
        page = found.page
        page.wait_for_timeout(200)
        assert not [url for url in found.requests if "/slide-" in url]
        page.locator(".chapters").scroll_into_view_if_needed()
        pictures = page.locator(".chapters .still img")
        expect(pictures).to_have_count(3)
        names = [pictures.nth(number).get_attribute("src").rpartition("/")[2] for number in range(3)]
        assert names == ["slide-0.jpg", "slide-8500.jpg", "slide-12000.jpg"]
