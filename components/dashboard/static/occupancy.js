// The table of zones: how many of which role are in each, and how many nobody can name.

import { element, rows, write } from "./element.js";
import { UNKNOWN } from "./roles.js";

export class Occupancy {
  constructor(body, roles, filter) {
    Object.assign(this, { body, roles, filter, zones: [] });
  }

  furnish(zones) {
    this.zones = zones.map((zone) => zone.name);
  }

  // zone -> number of people, the same people as on the floor
  show(people) {
    const inside = new Map(this.zones.map((zone) => [zone, []]));
    for (const person of people) {
      inside.set(person.zone, [...(inside.get(person.zone) ?? []), person]);
    }
    const made = rows(this.body, [...inside.keys()], (zone) => this.row(zone));
    made.forEach((row) => this.fill(row, inside.get(row.dataset.key)));
    return new Map([...inside].map(([zone, there]) => [zone, there.length]));
  }

  row(zone) {
    const button = element("button", { type: "button", class: "zone", "aria-pressed": "false" }, zone === UNKNOWN ? "outside the zones" : zone);
    button.addEventListener("click", () => this.filter.toggle("zone", zone));
    const name = element("th", { scope: "row" }, button);
    return element("tr", { "data-testid": "zone-row", "data-zone": zone }, name, element("td", {}, element("div", { class: "chips" })), element("td", { class: "number" }), element("td", { class: "number" }));
  }

  fill(row, there) {
    const counts = {};
    there.forEach(({ role }) => { counts[role] = (counts[role] ?? 0) + 1; });
    const names = Object.keys(counts).sort((a, b) => (a === UNKNOWN) - (b === UNKNOWN) || a.localeCompare(b));
    const chips = row.children[1].firstChild;
    rows(chips, names, (role) => this.chip(role)).forEach((chip) => {
      const role = chip.dataset.key;
      write(chip.lastChild, counts[role]);
      chip.title = `${counts[role]} ${role === UNKNOWN ? "of unknown role" : role}`;
    });
    write(row.children[2], there.filter(({ person }) => person === UNKNOWN).length || "");
    write(row.children[3], there.length);
    row.firstChild.firstChild.setAttribute("aria-pressed", String(this.filter.is("zone", row.dataset.key)));
    row.classList.toggle("none", !there.length);
  }

  chip(role) {
    return element("span", { class: "chip", "data-role": role }, this.roles.icon(role), element("span"));
  }
}
