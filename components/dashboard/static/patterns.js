// What usually happens: where people spend their time, which ways they go, how long they stay, how many there are.

import { ask } from "./api.js";
import { Banner } from "./banner.js";
import { Chart } from "./chart.js";
import { byId, element, rows, write } from "./element.js";
import { Floor } from "./floor.js";
import { Heat } from "./heat.js";
import { Theme } from "./theme.js";
import { shortTime } from "./times.js";
import { Ways } from "./ways.js";

const [HOUR, DAY] = [3600000, 86400000]; // ms
const PERIODS = [["today", "Today"], ["7", "7 days"], ["30", "30 days"]];
const AGAIN = 30000; // ms between two looks
const SOONER = 2000; // ms, while something is wrong
const EMPTY = new Map();

class Patterns {
  constructor() {
    Object.assign(this, { plan: null, extent: null, period: "today", custom: null, turn: 0, layers: { heat: true, ways: true }, stats: { loaded: 0, cells: 0, flows: 0, bins: 0, took: 0 } });
    this.banner = new Banner();
    this.floor = new Floor(byId("floor"));
    this.heat = new Heat(this.floor);
    this.ways = new Ways(this.floor, byId("flows"));
    this.chart = new Chart(byId("chart"));
    this.theme = new Theme(byId("theme"), () => this.paint());
    this.listen();
    this.paint();
    new ResizeObserver(() => requestAnimationFrame(() => this.draw())).observe(byId("floor"));
  }

  listen() {
    for (const [name, words] of PERIODS) {
      const button = element("button", { type: "button", "data-testid": `period-${name}`, "aria-pressed": String(name === this.period) }, words);
      button.addEventListener("click", () => this.choose(name));
      byId("periods").append(button);
    }
    byId("custom").addEventListener("submit", (event) => {
      event.preventDefault();
      this.custom = [new Date(byId("from").value).getTime(), new Date(byId("to").value).getTime()];
      this.choose("custom");
    });
    byId("role").addEventListener("change", () => this.load());
    for (const layer of ["heat", "ways"]) {
      byId(`show-${layer}`).addEventListener("click", () => {
        this.layers[layer] = !this.layers[layer];
        byId(`show-${layer}`).setAttribute("aria-pressed", String(this.layers[layer]));
        this.draw();
      });
    }
  }

  choose(period) {
    this.period = period;
    [...byId("periods").children].forEach((button, i) => button.setAttribute("aria-pressed", String(PERIODS[i][0] === period)));
    this.load();
  }

  // The newest moment that is known counts as now: a recording of last week has a today, too.
  span() {
    if (this.period === "custom") {
      return this.custom;
    }
    const end = this.extent.newest_ms + 1;
    const midnight = new Date(this.extent.newest_ms).setHours(0, 0, 0, 0);
    return this.period === "today" ? [midnight, end] : [end - Number(this.period) * DAY, end];
  }

  // Whatever asked last asks again: sooner where it went wrong.
  async load() {
    const turn = this.turn + 1;
    const well = await this.try();
    if (turn === this.turn) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.load(), well ? AGAIN : SOONER);
    }
  }

  async try() {
    const turn = ++this.turn;
    try {
      const began = performance.now();
      await this.furnish();
      const [wanted, to] = this.span();
      const from = this.period === "custom" ? wanted : Math.max(wanted, Math.floor(this.extent.first_ms / HOUR) * HOUR); // nothing is known of what was before
      if (!(from < to)) {
        throw new Error("The period must end after it begins.");
      }
      const found = await this.questions(from, to);
      if (turn === this.turn) {
        this.stats.took = performance.now() - began;
        this.show(found, from, to);
        this.banner.say("server", null);
      }
      return true;
    } catch (error) {
      this.banner.say("server", error);
      return false;
    }
  }

  async furnish() {
    const { site } = await ask("/api/present");
    this.extent = await ask(`/api/extent?site=${encodeURIComponent(site)}`);
    const plan = await ask(`/api/plan?site=${encodeURIComponent(site)}`);
    if (JSON.stringify(plan) !== JSON.stringify(this.plan)) {
      this.plan = plan;
      this.floor.furnish(plan.zones);
      write(document.querySelector("h1"), titled(plan.site) || "wardflow");
      const chosen = byId("role").value;
      byId("role").replaceChildren(...["", ...plan.roles, "unknown"].map((role) => element("option", { value: role }, role || "everybody")));
      byId("role").value = chosen;
    }
  }

  async questions(from, to) {
    const role = byId("role").value;
    const words = `site=${encodeURIComponent(this.plan.site)}&from=${Math.floor(from)}&to=${Math.ceil(to)}${role ? `&role=${encodeURIComponent(role)}` : ""}`;
    const step = to - from <= 6 * HOUR ? "minute" : to - from <= 8 * DAY ? "hour" : "day";
    const [heat, flows, zones, roles, times] = await Promise.all([
      ask(`/api/heat?${words}`), ask(`/api/flows?${words}`), ask(`/api/dwell?${words}`), ask(`/api/dwell?${words}&by=role`), ask(`/api/timeline?${words}&step=${step}`),
    ]);
    return { heat, flows: flows.flows, zones: zones.rows, roles: roles.rows, times };
  }

  show({ heat, flows, zones, roles, times }, from, to) {
    this.heat.know(heat);
    this.ways.know(flows);
    this.dwell(byId("dwell"), zones, "zone");
    this.dwell(byId("dwell-roles"), roles, "role");
    this.chart.show(times.bins, to - from <= DAY + HOUR ? (ms) => shortTime(ms).slice(-5) : (ms) => shortTime(ms));
    const watched = times.bins.reduce((sum, bin) => sum + bin.watched * (bin.to_ms - bin.from_ms), 0);
    write(byId("chart-note"), `Area: mean by the ${times.step}; dashed: most at once. Watched ${length(watched / 1000)} of the period; where nobody looked the chart is open.`);
    write(byId("extent"), this.extent.newest_ms ? `${shortTime(from)} to ${shortTime(to)}` : "wardflow · movement patterns");
    const nothing = !watched && !flows.length && !this.heat.most;
    byId("empty").hidden = !nothing;
    write(byId("empty-text"), this.extent.newest_ms ? `There are facts from ${shortTime(this.extent.first_ms)} to ${shortTime(this.extent.newest_ms)}.` : "Facts appear here as soon as python -m flows.track has followed somebody.");
    Object.assign(this.stats, { loaded: this.stats.loaded + 1, cells: heat.seconds.flat().filter(Boolean).length, flows: flows.length, bins: times.bins.length });
    this.draw();
  }

  dwell(body, found, name) {
    const kept = found.filter((row) => row[name] !== "*").sort((a, b) => b.person_seconds - a.person_seconds);
    const byName = new Map(kept.map((row) => [row[name], row]));
    const cells = () => Array.from({ length: 4 }, () => element("td", { class: "number" }));
    rows(body, [...byName.keys()], (key) => element("tr", { "data-testid": `dwell-${name}` }, element("th", { scope: "row" }, key), ...cells())).forEach((row) => {
      const { exits, median, p90, person_seconds: seconds } = byName.get(row.dataset.key);
      [exits, exits ? length(median) : "–", exits ? length(p90) : "–", length(seconds)].forEach((value, i) => write(row.children[i + 1], value));
    });
  }

  paint() {
    this.floor.paint(this.theme.colours());
    this.heat.scale(byId("scale"), this.theme.dark);
    this.draw();
  }

  draw() {
    if (this.floor.width) {
      this.floor.draw(EMPTY);
      if (this.layers.heat) {
        this.heat.draw(this.theme.dark);
      }
      if (this.layers.ways) {
        this.ways.draw(this.floor.colours);
      }
      this.floor.zones.forEach((zone) => this.floor.name(this.floor.context, zone, this.floor.colours.card)); // over heat and ways
    }
  }
}

// Seconds as people say them.
function length(seconds) {
  return seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function titled(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const patterns = new Patterns();
window.wardflow = { stats: patterns.stats };
patterns.load();
