"""The page in a real browser: what a ward manager sees and does."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from components.clocks import shown
from components.dashboard.app import application
from components.database.viewings import Viewings
from components.sources.still import still

SECOND = 1_000_000_000  # ns
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-default-apps", "--no-proxy-server",
]  # fmt: skip
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: sudo apt-get install chromium"),
]


expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=[*FLAGS, ONLY_HERE])
        yield browser
        browser.close()


class Served:
    """The page of one ward at an address of its own, stopped and started at will."""

    def __init__(self, ward, password="", **more):
        self.app, self.feed = application(ward.storage, ward.database, password=password, hosts=("127.0.0.1",), **more)
        self.port = 0

    def start(self):
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=self.port, log_level="error", timeout_graceful_shutdown=2))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self):
        self.feed.close()
        self.server.should_exit = True
        self.thread.join(10)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/"


@pytest.fixture
def served(ward):
    served = Served(ward)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def visit(browser, served):
    """Opens the page; at the end nothing may have been asked of anybody else, and nothing may have gone wrong in it."""
    pages, strangers, problems = [], [], []

    def visit(*, width=1400, height=900, scheme="light", **more):
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id="Europe/Berlin", **more
        )
        page.set_default_timeout(15_000)
        page.on("request", lambda request: request.url.startswith(served.address) or strangers.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: message.type in ("error", "warning") and problems.append(message.text))
        page.goto(served.address)
        pages.append(page)
        return page

    visit.problems = problems
    yield visit
    for page in pages:
        page.close()
    assert strangers == []
    assert [problem for problem in problems if "503" not in problem and "ERR_" not in problem] == []


def stats(page):
    return page.evaluate("({...window.wardflow.stats})")


def until(page, condition):
    """The page's figures `s` as soon as the condition holds; asked from outside, since the page's policy forbids eval."""
    end = time.monotonic() + 15
    while not page.evaluate(f"(s => Boolean(s && {condition}))(window.wardflow?.stats)"):
        assert time.monotonic() < end, f"never: {condition}; {page.evaluate('window.wardflow?.stats')}"
        page.wait_for_timeout(20)
    return stats(page)


def replaying(page):
    return until(page, "s.mode === 'replay' && s.windows > 0 && s.people > 0")


def zones(page):
    rows = page.get_by_test_id("zone-row").all()
    return {row.get_attribute("data-zone"): int(row.locator("td").last.inner_text()) for row in rows}


def picture(page, part="floor"):
    return cv2.imdecode(np.frombuffer(page.get_by_test_id(part).screenshot(), np.uint8), cv2.IMREAD_COLOR)


def test_a_replay_plays_by_itself_and_people_move(ward, visit):
    ward.track(30)
    page = visit()
    before = replaying(page)
    places = {person["id"]: person["at"] for person in page.evaluate("window.wardflow.people()")}
    after = until(page, f"s.at_ms > {before['at_ms'] + 3000}")
    moved = [
        person
        for person in page.evaluate("window.wardflow.people()")
        if np.hypot(*np.subtract(person["at"], places.get(person["id"], (0, 0)))) > 5
    ]
    assert (after["playing"], after["speed"], after["run"]) == (True, 1, ward.RUN)
    assert len(moved) >= 3
    assert page.get_by_test_id("site").inner_text() == ward.SITE
    expect(page.get_by_test_id("clock-utc")).to_contain_text("12:59:3")
    expect(page.get_by_test_id("clock-local")).to_contain_text("13:59:3")


def test_tables_and_floor_agree_and_the_unknown_are_counted(ward, visit):
    ward.track(30, people=9, failed="cam3")
    page = visit(reduced_motion="reduce")
    replaying(page)
    page.get_by_test_id("slider").evaluate("slider => { slider.value = 12000; slider.dispatchEvent(new Event('input')); }")
    found = until(page, "s.people >= 8 && !s.playing && s.at_ms % 1000 === 0")
    page.wait_for_timeout(400)
    assert sum(zones(page).values()) == found["people"] == int(page.get_by_test_id("figure-people").inner_text())
    assert int(page.get_by_test_id("figure-unknown").inner_text()) == found["unknown"] > 0
    people = page.evaluate("window.wardflow.people()")
    assert page.locator("[data-testid=person-row]").count() == len(people)
    assert page.locator("[data-testid=person-row][data-person=unknown]").count() == found["unknown"]
    truth = page.evaluate(f"fetch('/api/occupancy?run={ward.RUN}&at={found['at_ms']}').then(answer => answer.json())")
    assert abs(truth["total"] - found["people"]) <= 1


def test_a_failed_camera_is_loud_and_comes_first(ward, visit):
    ward.track(10, failed="cam3")
    page = visit()
    replaying(page)
    first = page.get_by_test_id("camera").first
    expect(first).to_have_attribute("data-state", "failed")
    expect(first).to_contain_text("connection refused")
    expect(page.get_by_test_id("figure-cameras")).to_have_text("3/4")
    assert page.locator("#cameras-card").bounding_box()["y"] < page.locator("#zones-card").bounding_box()["y"]


def test_the_keyboard_does_what_the_buttons_do(ward, visit):
    ward.track(40)
    page = visit()
    replaying(page)
    page.keyboard.press("Space")
    still = until(page, "!s.playing")
    page.wait_for_timeout(400)
    assert stats(page)["at_ms"] == still["at_ms"]
    expect(page.get_by_test_id("play")).to_have_attribute("aria-label", "Play")
    for key, step in (("ArrowRight", 1000), ("Shift+ArrowRight", 10_000), ("ArrowLeft", -1000)):
        before = stats(page)["at_ms"]
        page.keyboard.press(key)
        until(page, f"Math.abs(s.at_ms - {before + step}) < 1")
    page.keyboard.press("End")
    until(page, f"s.at_ms === {ward.at(40) // 10**6}")
    page.keyboard.press("Space")
    until(page, "s.playing")  # from the beginning
    page.keyboard.press("Home")
    page.get_by_test_id("slider").focus()
    page.keyboard.press("ArrowRight")
    until(page, f"s.at_ms >= {ward.NOON // 10**6 + 1000} && s.at_ms < {ward.NOON // 10**6 + 4000}")
    page.keyboard.press("l")
    until(page, "s.mode === 'live'")
    page.keyboard.press("L")
    until(page, "s.mode === 'replay'")


def test_every_control_can_be_reached_by_tab_and_has_a_name(ward, visit):
    ward.track(10)
    page = visit()
    replaying(page)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.dataset.testid ?? document.activeElement.closest('[data-testid]')?.dataset.testid ?? ''"
            )
        )
    assert {
        "mode-live",
        "mode-replay",
        "runs",
        "theme",
        "floor",
        "play",
        "slider",
        "speed-1",
        "speed-10",
        "person-row",
    } <= reached
    nameless = "b => !(b.getAttribute('aria-label') || b.textContent.trim() || b.labels?.length)"
    assert (
        page.evaluate(
            f"[...document.querySelectorAll('button, select, input, canvas')].filter(b => !b.hidden).filter({nameless}).length"
        )
        == 0
    )
    assert "people" in page.get_by_test_id("floor").get_attribute("aria-label")


@pytest.mark.parametrize("speed", [2, 10])
def test_a_faster_replay_is_faster(ward, visit, speed):
    ward.track(60)
    page = visit()
    replaying(page)
    page.get_by_test_id(f"speed-{speed}").click()
    page.keyboard.press("Home")
    start, began = stats(page)["at_ms"], time.monotonic()
    page.wait_for_timeout(2500)
    passed = (stats(page)["at_ms"] - start) / 1000 / (time.monotonic() - began)
    assert 0.6 * speed < passed < 1.2 * speed


def test_a_replay_ends_at_its_end(ward, visit):
    ward.track(8)
    page = visit()
    replaying(page)
    page.get_by_test_id("speed-10").click()
    assert until(page, "!s.playing")["at_ms"] == ward.at(8) // 10**6


def test_walking_is_smooth_between_sightings(ward, visit):
    ward.write([ward.seen("cam1", 1, i / 5, i * 0.2, 2.0) for i in range(25)])
    ward.furnish()
    ward.began()
    ward.ended([{"time": ward.NOON}, {"time": ward.at(5)}])
    page = visit(reduced_motion="reduce")
    replaying(page)
    xs = []
    for quarter in range(8):
        page.get_by_test_id("slider").evaluate(
            f"s => {{ s.step = 1; s.value = {1000 + quarter * 50}; s.dispatchEvent(new Event('input')); }}"
        )
        until(page, f"s.at_ms === {ward.NOON // 10**6 + 1000 + quarter * 50}")
        xs.append(page.evaluate("window.wardflow.people()[0].at[0]"))
    steps = np.diff(xs)
    assert np.all(steps > 0)
    assert np.ptp(steps) < 0.1  # px


def test_live_follows_what_is_being_written(ward, visit):
    ward.furnish()
    ward.began()
    ward.place([ward.seen("cam1", 1, 0, 2.0, 2.0, person="nurse-01", role="nurse", confidence=0.9)])
    page = visit()
    until(page, "s.mode === 'live' && s.people === 1")
    before = page.evaluate("window.wardflow.at('cam1-1')")
    ward.place(
        [
            ward.seen("cam1", 1, 0.4, 4.0, 2.0, person="nurse-01", role="nurse", confidence=0.9),
            ward.seen("cam2", 9, 0.4, 9.0, 6.0),
        ]
    )
    assert until(page, "s.people === 2")["unknown"] == 1
    until(page, f"window.wardflow.at('cam1-1')[0] > {before[0]} + 30")
    expect(page.get_by_test_id("mode-live")).to_have_class("fresh")
    expect(page.get_by_test_id("clock-utc")).to_have_text("12:59:30 UTC")
    ward.place([ward.seen("cam1", 1, 4.0, 4.2, 2.0, person="nurse-01", role="nurse", confidence=0.9)])
    until(page, "s.people === 1 && s.unknown === 0")
    ward.ended([{"time": ward.NOON}])
    expect(page.get_by_test_id("state")).to_contain_text("these are the last positions")


def test_a_run_at_work_can_be_replayed_while_it_grows(ward, visit):
    rows = ward.rows(40)
    ward.furnish()
    ward.began()
    ward.place(rows)
    ward.write([row for row in rows if row["time"] < ward.at(15)])
    page = visit()
    until(page, "s.mode === 'live'")
    expect(page.get_by_test_id("runs")).to_contain_text("running")
    page.get_by_test_id("mode-replay").click()
    expect(page.locator("#length")).to_have_text("0:14")
    ward.write([row for row in rows if row["time"] >= ward.at(15)])
    expect(page.locator("#length")).to_have_text("0:39")


def test_before_anything_was_tracked_the_page_says_how_and_then_finds_it_by_itself(ward, visit):
    page = visit()
    expect(page.get_by_test_id("empty")).to_contain_text("python -m flows.track")
    expect(page.get_by_test_id("play")).to_be_disabled()
    ward.track(10)
    replaying(page)
    expect(page.get_by_test_id("empty")).to_be_hidden()
    assert page.get_by_test_id("site").inner_text() == ward.SITE


def test_a_run_that_has_not_seen_anybody_yet_is_waited_for(ward, visit):
    ward.furnish()
    ward.began()
    page = visit()
    expect(page.get_by_test_id("empty")).to_contain_text("Waiting for the first sightings")
    ward.place([ward.seen("cam1", 1, 0, 2.0, 2.0)])
    until(page, "s.people === 1")
    expect(page.get_by_test_id("empty")).to_be_hidden()


def test_a_lost_database_is_said_and_the_page_recovers_by_itself(ward, visit):
    ward.track(40)
    page = visit()
    replaying(page)
    ward.lose_database()
    expect(page.get_by_test_id("banner")).to_contain_text("database sqlite:///")
    assert stats(page)["people"] > 0  # what is known stays
    ward.find_database()
    expect(page.get_by_test_id("banner")).to_be_hidden()


def test_a_lost_database_is_said_in_live_too(ward, visit):
    ward.furnish()
    ward.began()
    ward.place([ward.seen("cam1", 1, 0, 2.0, 2.0)])
    page = visit()
    until(page, "s.people === 1")
    ward.lose_database()
    expect(page.get_by_test_id("banner")).to_be_visible()
    ward.find_database()
    expect(page.get_by_test_id("banner")).to_be_hidden()
    ward.place([ward.seen("cam1", 1, 0.2, 2.1, 2.0), ward.seen("cam1", 2, 0.2, 6.0, 2.0)])
    until(page, "s.people === 2")


def test_a_server_that_stops_and_starts_again_is_found_again(ward, visit, served):
    ward.furnish()
    ward.began()
    ward.place([ward.seen("cam1", 1, 0, 2.0, 2.0)])
    page = visit()
    until(page, "s.people === 1")
    served.stop()
    expect(page.get_by_test_id("banner")).to_contain_text("does not answer")
    again = Served(ward)
    again.port = served.port
    again.start()
    expect(page.get_by_test_id("banner")).to_be_hidden()
    ward.place([ward.seen("cam1", 1, 0.2, 2.1, 2.0), ward.seen("cam1", 2, 0.2, 6.0, 2.0)])
    until(page, "s.people === 2")
    page.close()
    again.stop()


def test_names_are_text_whatever_they_contain(ward, visit):
    bad = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'
    rows = [ward.seen("cam1", 1, i / 5, 3.0, 2.0, person=bad, role=bad, zone=bad, confidence=0.9) for i in range(30)]
    ward.furnish(site=bad)
    ward.began()
    ward.write(rows)
    ward.place(rows)
    ward.ended(rows)
    ward.report(failed="cam1")
    page = visit()
    replaying(page)
    at = page.evaluate("window.wardflow.people()[0].at")
    page.get_by_test_id("floor").hover(position={"x": at[0], "y": at[1]})
    expect(page.get_by_test_id("tip")).to_contain_text("<script>")
    expect(page.get_by_test_id("person-row")).to_contain_text("<img")
    assert page.evaluate("window.broken ?? document.querySelectorAll('main img, main script').length") == 0


def test_a_video_without_a_floor_plan_is_shown_on_a_grid(ward, visit):
    rows = [ward.seen("cam1", 1, i / 5, -30 + i * 0.5, 40.0, zone="unknown") for i in range(40)]
    ward.began()
    ward.write(rows)
    ward.ended(rows)
    page = visit()
    replaying(page)
    until(page, f"s.at_ms > {ward.at(3) // 10**6}")
    x, y = page.evaluate("window.wardflow.people()[0].at")
    box = page.get_by_test_id("floor").bounding_box()
    assert 0 < x < box["width"]
    assert 0 < y < box["height"]
    assert zones(page) == {"unknown": 1}


def test_pointing_at_somebody_and_choosing_somebody(ward, visit):
    ward.track(20)
    page = visit(reduced_motion="reduce")
    replaying(page)
    person = next(p for p in page.evaluate("window.wardflow.people()") if p["person"] != "unknown")
    page.get_by_test_id("floor").hover(position={"x": person["at"][0], "y": person["at"][1]})
    expect(page.get_by_test_id("tip")).to_contain_text("% sure")
    row = page.locator(f"[data-person='{person['person']}'] button")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1400, 900), (820, 1180), (390, 844)])
def test_it_fits_the_screen_and_shows_people_in_their_roles_colours(ward, visit, scheme, width, height):
    ward.track(30, failed="cam3")
    page = visit(width=width, height=height, scheme=scheme, reduced_motion="reduce")
    replaying(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = picture(page).reshape(-1, 3)[:, ::-1].astype(int)
    assert (shown.mean() > 200) == (scheme == "light")
    for role, colour in {"nurse": (0, 114, 178), "doctor": (213, 94, 0), "porter": (0, 158, 115)}.items():
        assert np.sum(np.abs(shown - colour).sum(axis=1) < 30) > 60, role


def test_the_theme_can_be_chosen_and_is_remembered(ward, visit):
    ward.track(10)
    page = visit()
    replaying(page)
    bright = picture(page).mean()
    page.get_by_test_id("theme").click()
    page.wait_for_timeout(200)
    assert picture(page).mean() < bright - 100
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_sharp_screen_gets_a_sharp_picture(ward, visit):
    ward.track(10)
    page = visit(device_scale_factor=2)
    replaying(page)
    assert page.evaluate("[floor.width / floor.clientWidth, floor.height / floor.clientHeight].map(Math.round)") == [2, 2]


def test_fifty_people_stay_smooth_and_windows_come_ahead(ward, visit):
    ward.track(40, people=50)
    page = visit()
    replaying(page)
    page.get_by_test_id("speed-5").click()
    page.wait_for_timeout(3000)
    found = stats(page)
    assert found["people"] > 40
    assert found["fps"] > 15  # this browser draws without a graphics card
    assert found["windows"] >= 2


def test_the_password_is_asked_for_and_signing_out_works(ward, browser, visit):
    ward.track(10)
    locked = Served(ward, password="open sesame")
    locked.start()
    page = browser.new_page()
    page.goto(locked.address)
    page.get_by_test_id("password").fill("wrong")
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("wrong")).to_have_text("That is not the password.")
    page.get_by_test_id("password").fill("open sesame")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("floor")).to_be_visible()
    replaying(page)
    page.get_by_test_id("logout").click()
    expect(page.get_by_test_id("login")).to_be_visible()
    page.close()
    locked.stop()


def test_searching_by_keyboard_finds_somebody_and_says_where_and_why(ward, visit):
    ward.track(30)
    page = visit(reduced_motion="reduce")
    replaying(page)
    page.keyboard.press("/")
    page.keyboard.type("nurse-0")
    expect(page.get_by_test_id("found").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("person-card")).to_contain_text("nurse-01")
    expect(page.locator("[data-fact=Why]")).to_have_text("badge 7 read 4 times")
    expect(page.locator("[data-fact=Where]")).to_contain_text("now in")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("person-card")).to_be_hidden()


def test_somebody_who_is_not_there_is_found_too(ward, visit):
    ward.track(20, people=3)
    page = visit(reduced_motion="reduce")
    replaying(page)
    page.get_by_test_id("search").fill("nurse-11")
    expect(page.get_by_test_id("found")).to_contain_text("never seen so far")
    page.keyboard.press("Enter")
    expect(page.locator("[data-fact=Where]")).to_have_text("never seen so far")
    page.get_by_test_id("search").fill("nobody of that name")
    expect(page.locator("#found")).to_contain_text("Nobody and nothing of that name")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()


def test_a_role_a_zone_and_a_department_narrow_the_page_down(ward, visit):
    ward.track(30)
    page = visit(reduced_motion="reduce")
    replaying(page)
    page.locator("[data-testid=role][data-name=nurse] button").click()
    expect(page.get_by_test_id("filter")).to_contain_text("Only nurse")
    roles = page.locator("[data-testid=person-row]")
    expect(page.locator("[data-testid=person-row][data-role=doctor]")).to_have_count(0)
    assert roles.count() == page.locator("[data-testid=person-row][data-role=nurse]").count() > 0
    page.locator("[data-testid=department][data-name=medicine] button").click()
    expect(roles).to_have_count(0)
    page.get_by_test_id("filter-clear").click()
    expect(page.get_by_test_id("filter")).to_be_hidden()
    page.get_by_test_id("search").fill("corridor")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("filter")).to_contain_text("Only Corridor")


def test_what_a_camera_sees_is_shown_with_boxes_to_those_who_may(ward, browser, visit):
    ward.track(20)
    ward.film()
    shown = Served(ward, pictures="see", still=still)
    shown.start()
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{shown.address}login")
    page.get_by_test_id("password").fill("see")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("floor")).to_be_visible()
    replaying(page)
    page.locator("[data-testid=camera][data-camera=cam1] button").click()
    expect(page.locator("[data-testid=look-boxes] text")).to_have_text("nurse-01")
    expect(page.get_by_test_id("look-note")).to_contain_text("This look has been logged")
    page.keyboard.press("Escape")
    page.locator("[data-testid=camera][data-camera=cam4] button").click()
    expect(page.get_by_test_id("look-note")).to_contain_text("No footage of this moment is in the store")
    page.close()
    shown.stop()
    assert [look.camera for look in Viewings(ward.database).newest()] == ["cam1"]


def test_without_the_right_there_is_no_way_to_a_picture(ward, visit):
    ward.track(10)
    page = visit()
    replaying(page)
    assert page.get_by_test_id("look-button").count() == 0


def test_a_long_run_is_replayed_hour_by_hour(ward, visit):
    rows = [ward.seen("cam1", 1, hour * 3600 + i / 5, 2 + i / 50, 2.0) for hour in range(3) for i in range(100)]
    ward.furnish()
    ward.began()
    ward.write(rows)
    ward.ended(rows)
    page = visit(reduced_motion="reduce")
    hours = page.get_by_test_id("hours")
    expect(hours.locator("option")).to_have_count(3)
    hours.select_option(index=1)  # 13:00: the newest first
    until(page, f"s.at_ms === {ward.NOON // 10**6 + 30_000}")
    expect(page.locator("#length")).to_have_text("1:00:00")


def test_three_hundred_people_live_stay_smooth(ward, visit):
    def crowd(moment):
        return [
            ward.seen("cam1", i, moment / 5, 1 + (i % 30) * 0.55 + moment * 0.01, 1 + i // 30, role="nurse") for i in range(300)
        ]

    ward.furnish()
    ward.began()
    ward.place(crowd(0))
    page = visit()
    until(page, "s.people === 300")
    for moment in range(1, 20):
        ward.place(crowd(moment))
        page.wait_for_timeout(150)
    found = stats(page)
    assert found["people"] == 300
    assert found["messages"] > 5
    assert found["fps"] > 8  # this browser draws without a graphics card


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_patterns_of_a_period_are_drawn_and_tabled(ward, visit, scheme):
    ward.track(60)
    page = visit(scheme=scheme, width=1024, height=768)
    page.get_by_test_id("to-patterns").click()
    found = until(page, "s.loaded > 0 && s.cells > 50")
    assert found["flows"] > 3
    assert page.get_by_test_id("dwell-zone").count() >= 5
    expect(page.locator("[data-testid=chart] svg")).to_have_attribute("aria-label", re.compile("most at once 12"))
    with_heat = picture(page)
    page.get_by_test_id("show-heat").click()
    page.wait_for_timeout(200)
    assert np.abs(picture(page).astype(int) - with_heat).mean() > 2
    page.get_by_test_id("role").select_option("nurse")
    until(page, f"s.loaded > 1 && s.cells < {found['cells']}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_patterns_without_facts_and_without_a_database(ward, visit):
    page = visit()
    page.get_by_test_id("to-patterns").click()
    expect(page.get_by_test_id("empty")).to_contain_text("python -m flows.track")
    ward.lose_database()
    page.get_by_test_id("period-7").click()
    expect(page.get_by_test_id("banner")).to_be_visible()
    ward.find_database()
    expect(page.get_by_test_id("banner")).to_be_hidden()


def test_a_clock_for_cameras_shows_the_moment_that_it_is(visit, served):
    page = visit()
    page.goto(f"{served.address}clock")
    expect(page.get_by_test_id("time")).to_contain_text("known to")
    end = time.monotonic() + 15
    while time.monotonic() < end:
        before = time.time_ns()
        said = shown.moment(cv2.QRCodeDetector().detectAndDecode(picture(page, "code"))[0])
        if said is not None:
            break
    assert said is not None and before - SECOND <= said <= time.time_ns(), "a busy machine draws late, never too early"
