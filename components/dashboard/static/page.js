// The page: asks the server what there is, follows the present or a replay, and shows both the same way.

import { ask } from "./api.js";
import { Banner } from "./banner.js";
import { Cameras } from "./cameras.js";
import { Clock } from "./clock.js";
import { byId, element, write } from "./element.js";
import { Filter } from "./filter.js";
import { Floor } from "./floor.js";
import { Groups } from "./groups.js";
import { Live } from "./live.js";
import { Look } from "./look.js";
import { Marks } from "./marks.js";
import { Occupancy } from "./occupancy.js";
import { PersonCard } from "./person.js";
import { Presences } from "./presences.js";
import { Roles, UNKNOWN } from "./roles.js";
import { Roster } from "./roster.js";
import { Search } from "./search.js";
import { Theme } from "./theme.js";
import { Timeline } from "./timeline.js";
import { Tip } from "./tip.js";
import { dateOf, localTime, shortTime, utcTime } from "./times.js";
import { Transport } from "./transport.js";

const ASK = 5000; // ms between two looks at runs and health
const ASK_SOONER = 2000; // ms, while something is wrong or nothing is there yet
const HOUR = 3600000; // ms
const TABLES = 250; // ms between two updates of what is not canvas

class Page {
  constructor() {
    this.roles = new Roles();
    this.banner = new Banner();
    this.clock = new Clock();
    this.floor = new Floor(byId("floor"));
    this.marks = new Marks(this.floor, this.roles);
    this.tip = new Tip(byId("tip"));
    this.theme = new Theme(byId("theme"), () => this.paint());
    this.filter = new Filter(() => { this.dirty = true; });
    this.presences = new Presences(() => { this.dirty = true; });
    this.eye = new Look(this.roles, () => ({ run: this.mode === "live" ? this.live.answer?.run : this.timeline?.run.run, at: this.now() }));
    this.occupancy = new Occupancy(byId("zones"), this.roles, this.filter);
    this.legend = new Groups(byId("legend"), "role", this.filter, (role) => this.roles.icon(role));
    this.departments = new Groups(byId("departments"), "department", this.filter, null);
    this.cameras = new Cameras(byId("cameras"), byId("figure-cameras"), byId("figure-box"), byId("cameras-card"), this.eye);
    this.roster = new Roster(byId("roster"), this.roles, this.presences, () => { this.absent = null; this.dirty = true; });
    this.person = new PersonCard(this.roles, this.eye);
    this.search = new Search((text) => this.local(text), (person) => this.remote(person), () => this.site ?? "");
    this.live = new Live((answer) => this.arrived(answer), (error) => this.banner.say("live", error));
    this.transport = new Transport(this.clock, () => { this.dirty = true; }, () => this.show(this.mode === "live" ? "replay" : "live"));
    Object.assign(this, { mode: null, runs: [], running: false, site: null, plan: null, timeline: null, counts: new Map(), dirty: true, last: 0, tables: 0, pointer: null, absent: null, there: [] });
    this.stats = { frames: 0, fps: 0, people: 0, unknown: 0, mode: null, at_ms: 0, playing: false, speed: 1, windows: 0, messages: 0, run: null };
    this.listen();
    this.paint();
  }

  listen() {
    byId("live").addEventListener("click", () => this.show("live"));
    byId("replay").addEventListener("click", () => this.show("replay"));
    byId("hours").addEventListener("change", () => this.hour(Number(byId("hours").value)));
    byId("person-close").addEventListener("click", () => this.nobody());
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.target.closest("dialog, #search")) {
        this.nobody();
        this.filter.clear();
      }
    });
    byId("runs").addEventListener("change", () => {
      this.choose(byId("runs").value);
      this.show("replay");
      this.furnish().catch((error) => this.banner.say("server", error));
    });
    const canvas = byId("floor");
    canvas.addEventListener("pointermove", (event) => { this.pointer = [event.offsetX, event.offsetY]; this.dirty = true; });
    canvas.addEventListener("pointerleave", () => { this.pointer = null; this.dirty = true; });
    canvas.addEventListener("click", (event) => this.roster.choose(this.marks.nearest(event.offsetX, event.offsetY)?.person.id ?? null));
    addEventListener("resize", () => { this.dirty = true; });
  }

  paint() {
    this.floor.paint(this.theme.colours());
    this.dirty = true;
  }

  async begin() {
    requestAnimationFrame((now) => this.frame(now));
    ask("/api/door").then(({ login, pictures }) => {
      byId("leave").hidden = !login && pictures !== "yes";
      byId("ask-pictures").hidden = pictures !== "ask";
      this.eye.right = pictures;
    }).catch(() => {});
    for (;;) {
      const well = await this.look();
      await new Promise((done) => setTimeout(done, well ? ASK : ASK_SOONER));
    }
  }

  // Ask what there is; false where something is wrong or nothing is there yet.
  async look() {
    try {
      const { runs, running, failed } = await ask("/api/runs");
      this.know(runs, running, failed);
      await this.furnish();
      this.cameras.show(await ask(`/api/health?site=${encodeURIComponent(this.site ?? "")}`));
      this.banner.say("server", null);
      return runs.length > 0 && !running;
    } catch (error) {
      this.banner.say("server", error);
      return false;
    }
  }

  know(runs, running, failed) {
    Object.assign(this, { runs, running, failed });
    this.list();
    const current = runs.find(({ run }) => run === this.timeline?.run.run);
    if (current) {
      this.timeline.grow(current.end_ms);
      this.divide();
    } else if (runs.length) {
      this.choose(runs[0].run);
    }
    if (this.mode === null && (runs.length || running)) {
      this.show(running ? "live" : "replay");
      this.clock.playing = !running && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    }
    this.transport.enable(this.mode === "replay" && Boolean(this.timeline));
    this.hint();
    this.dirty = true;
  }

  // The floor plan belongs to the site of what is shown.
  async furnish() {
    const site = (this.mode === "live" ? this.live.answer?.site : this.timeline?.run.site) || this.site || "";
    if (this.plan === null || !this.plan.zones.length || (site && site !== this.plan.site)) {
      const plan = await ask(`/api/plan?site=${encodeURIComponent(site)}`);
      if (JSON.stringify(plan) !== JSON.stringify(this.plan)) {
        Object.assign(this, { plan, site: plan.site });
        this.floor.furnish(plan.zones);
        this.occupancy.furnish(plan.zones);
        this.filter.know(plan.staff);
        this.staff = new Map(plan.staff.map((person) => [person.id, person]));
        this.legend.furnish([...plan.roles, "visitor"]);
        this.departments.furnish([...new Set(plan.staff.map(({ department }) => department))].sort());
        write(document.querySelector("h1"), titled(plan.site) || "wardflow");
        document.title = plan.site ? `${titled(plan.site)} · wardflow` : "wardflow";
        this.dirty = true;
      }
    }
  }

  list() {
    const label = (run) => `${shortTime(run.start_ms)} · ${run.status} · ${titled(run.site)} · ${run.words.join(" ").slice(0, 60) || "defaults"}`;
    const wanted = this.runs.map((run) => [run.run, label(run)]);
    const options = byId("runs").options;
    if (wanted.length !== options.length || wanted.some(([run, text], i) => options[i].value !== run || options[i].text !== text)) {
      byId("runs").replaceChildren(...wanted.map(([run, text]) => element("option", { value: run }, text)));
      byId("runs").value = this.timeline?.run.run ?? "";
    }
    byId("runs").disabled = !wanted.length;
  }

  choose(key) {
    const run = this.runs.find((candidate) => candidate.run === key);
    this.timeline = new Timeline({ ...run }, (error) => { this.banner.say("replay", error); this.dirty = true; });
    this.hourOf = null;
    this.divide();
    this.clock.seek(this.clock.start);
    byId("runs").value = key;
    this.dirty = true;
  }

  // A long run is replayed hour by hour, the newest first.
  divide() {
    const { start_ms: start, end_ms: end } = this.timeline.run;
    const first = Math.floor(start / HOUR);
    const hours = end - start > HOUR ? Array.from({ length: Math.floor((end - 1) / HOUR) - first + 1 }, (_, i) => (first + i) * HOUR).reverse() : [];
    const options = byId("hours").options;
    if (options.length !== hours.length || hours.some((hour, i) => Number(options[i].value) !== hour)) {
      byId("hours").replaceChildren(...hours.map((hour) => element("option", { value: hour }, `${shortTime(hour)} to ${shortTime(hour + HOUR).slice(-5)}`)));
    }
    byId("hours").hidden = !hours.length;
    if (hours.length) {
      this.hourOf ??= hours[0];
      byId("hours").value = this.hourOf;
      this.clock.span(Math.max(start, this.hourOf), Math.min(end, this.hourOf + HOUR));
    } else {
      this.clock.span(start, end);
    }
  }

  hour(hour) {
    this.hourOf = hour;
    this.divide();
    this.clock.seek(this.clock.start);
    this.show("replay");
  }

  nobody() {
    Object.assign(this.roster, { chosen: null });
    Object.assign(this, { absent: null, dirty: true });
  }

  now() {
    return this.mode === "live" ? this.live.now() : this.clock.now;
  }

  // What the page itself knows of `text`, people on the floor first.
  local(text) {
    const has = (...words) => words.some((word) => word?.toLowerCase().includes(text));
    const people = this.there.filter((person) => person.person !== UNKNOWN && has(person.person)).map((person) => this.onFloor(person));
    const group = (kind, names) => names.filter((name) => name !== UNKNOWN && has(name)).map((name) => ({
      kind, name, note: kind, icon: kind === "role" ? this.roles.icon(name) : null, take: () => this.filter.is(kind, name) || this.filter.toggle(kind, name),
    }));
    const groups = [...group("role", this.legend.names), ...group("department", this.departments.names), ...group("zone", this.plan?.zones.map(({ name }) => name) ?? [])];
    const fellows = this.there.filter((person) => person.person !== UNKNOWN && !has(person.person) && has(person.role, this.staff?.get(person.person)?.department));
    return [...people, ...groups, ...fellows.map((person) => this.onFloor(person))];
  }

  onFloor(person) {
    return { kind: "person", name: person.person, note: `now in ${person.zone === UNKNOWN ? "no zone" : person.zone}`, icon: this.roles.icon(person.role), take: () => this.point(person.id) };
  }

  point(id) {
    Object.assign(this.roster, { chosen: id });
    Object.assign(this, { absent: null, dirty: true });
  }

  // Somebody on the roster who is not on the floor that is shown.
  remote(found) {
    const note = found.stay ? `last seen in ${found.stay.zone}, ${shortTime(found.stay.left_ms)}` : "never seen so far";
    return { kind: "person", name: found.person, note, icon: this.roles.icon(found.role), take: () => { this.nobody(); this.absent = { ...found, here: false, cameras: [] }; } };
  }

  // The chosen person with what the roster and the facts add.
  chosen(people) {
    const person = people.find(({ id }) => id === this.roster.chosen) ?? (this.absent && people.find((one) => one.person === this.absent.person));
    if (!person) {
      return this.absent ?? (this.roster.chosen && this.known?.id === this.roster.chosen ? { ...this.known, here: false, cameras: [] } : null);
    }
    const { department, shift } = this.staff?.get(person.person) ?? {};
    this.known = { ...person, department, shift, here: true, stay: this.presences.of(person) };
    return this.known;
  }

  show(mode) {
    if (mode === "replay" && !this.timeline) {
      return;
    }
    this.mode = mode;
    this.roster.chosen = null;
    byId("live").setAttribute("aria-pressed", String(mode === "live"));
    byId("replay").setAttribute("aria-pressed", String(mode === "replay"));
    if (mode === "live") {
      this.live.open();
      this.banner.say("replay", null);
    } else {
      this.live.close();
      this.banner.say("live", null);
    }
    this.transport.enable(mode === "replay");
    this.hint();
    this.dirty = true;
  }

  arrived(answer) {
    if (answer.site && answer.site !== this.plan?.site) {
      this.furnish().catch((error) => this.banner.say("server", error));
    }
    this.running = answer.running;
    this.hint();
  }

  hint() {
    const nothing = !this.runs.length && !this.live.answer?.run;
    byId("empty").hidden = !nothing;
    write(byId("empty-title"), this.running ? "Waiting for the first sightings" : this.failed ? "The last run found nothing to show" : "Nothing has been tracked yet");
    write(byId("empty-text"), this.running ? "A track run is at work; people appear here as soon as it has seen them." : "People appear here as soon as their first sightings are written. Start with");
    byId("empty-command").hidden = this.running;
  }

  frame(now) {
    requestAnimationFrame((next) => this.frame(next));
    const elapsed = Math.min(now - this.last, 250);
    this.last = now;
    if (this.mode === "replay") {
      this.timeline.follow(this.clock);
      this.clock.advance(this.timeline.loaded(this.clock.now) ? elapsed : 0); // time waits for the data
    }
    const moving = this.mode === "live" || this.clock.playing || this.timeline?.fetched !== this.stats.windows;
    if (this.floor.width && (moving || this.dirty || this.floor.stale)) {
      this.draw(now, elapsed);
    }
  }

  draw(now, elapsed) {
    const people = this.mode === "live" ? this.live.at() : this.mode === "replay" ? this.timeline.at(this.clock.now) : [];
    const there = people.filter(({ alpha }) => alpha > 0.5);
    this.there = there;
    const shown = this.filter.active ? people.map((person) => (this.filter.matches(person) ? person : { ...person, alpha: 0.15 * person.alpha, faded: true })) : people;
    this.floor.include(people);
    if (now - this.tables > TABLES || this.dirty) {
      this.tables = now;
      this.counts = this.occupancy.show(there);
      this.words(there);
    }
    this.dirty = false;
    this.floor.draw(this.counts);
    this.marks.draw(shown, this.roster.chosen, this.floor.colours);
    this.tip.show(this.pointer && this.marks.nearest(...this.pointer), this.floor);
    this.count(there, elapsed);
  }

  words(people) {
    const at = this.now();
    this.presences.follow(this.plan?.site, at);
    const unknown = people.filter(({ person }) => person === UNKNOWN).length;
    this.roster.show(people.filter((person) => this.filter.matches(person)));
    this.legend.show(people.map(({ role }) => role));
    this.departments.show(people.map((person) => this.filter.departmentOf(person)));
    this.person.show(this.chosen(people), at);
    this.transport.show();
    write(byId("figure-people"), people.length);
    write(byId("figure-named"), people.length - unknown);
    write(byId("figure-unknown"), unknown);
    if (this.mode === "live" ? this.live.answer?.run : this.timeline) {
      write(byId("clock-local"), localTime(at));
      write(byId("clock-utc"), utcTime(at));
      write(byId("clock-date"), dateOf(at));
    }
    byId("floor").setAttribute("aria-label", `Floor plan of ${this.plan?.site || "this site"}: ${people.length} people, ${unknown} of them unknown`);
    this.freshness();
  }

  freshness() {
    const age = (performance.now() - this.live.arrived) / 1000;
    const fresh = this.mode === "live" && this.running && this.live.arrived > 0 && age < 5;
    byId("live").classList.toggle("fresh", fresh);
    const state = byId("state");
    const waiting = this.running && !this.live.answer?.run;
    state.hidden = this.mode !== "live" || fresh || (!waiting && !this.live.answer?.run);
    write(state, waiting ? "Waiting for the first sightings of the run at work" : this.running ? `No new positions for ${Math.floor(age)} s` : "No run is at work: these are the last positions");
  }

  count(people, elapsed) {
    const fps = elapsed > 0 ? 0.9 * this.stats.fps + 0.1 * (1000 / elapsed) : this.stats.fps;
    Object.assign(this.stats, {
      frames: this.stats.frames + 1, fps, people: people.length, unknown: people.filter(({ person }) => person === UNKNOWN).length, mode: this.mode,
      at_ms: this.now(), playing: this.clock.playing, speed: this.clock.speed,
      windows: this.timeline?.fetched ?? 0, messages: this.live.messages, run: this.timeline?.run.run ?? null,
    });
  }
}

// simulated_ward -> Simulated ward
function titled(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const page = new Page();
window.wardflow = { stats: page.stats, at: (id) => page.marks.places.find(({ person }) => person.id === id)?.at ?? null, people: () => page.marks.places.map(({ person, at }) => ({ id: person.id, person: person.person, role: person.role, zone: person.zone, at })) };
page.begin();
