// Everything about whoever is chosen: where now or last, since when, why this name, and how sure it is.

import { byId, element } from "./element.js";
import { UNKNOWN } from "./roles.js";
import { duration, localTime, shortTime } from "./times.js";

const FLAGS = { expected: "✓ expected here", unexpected: "! not expected here", unknown: "? nobody can say whether expected" };

export class PersonCard {
  constructor(roles, look) {
    Object.assign(this, { roles, look, card: byId("person-card"), told: "" });
  }

  // `found`: somebody on the floor, or a person of the roster with the last stay; null: nobody is chosen
  show(found, now) {
    this.card.hidden = !found;
    const lines = found ? this.lines(found, now) : [];
    const told = JSON.stringify([lines, found?.person, found?.role, found?.cameras]);
    if (told !== this.told) {
      this.told = told;
      this.fill(found, lines);
    }
  }

  fill(found, lines) {
    const facts = lines.flatMap(([name, value]) => [element("dt", {}, name), element("dd", { "data-fact": name }, value)]);
    byId("person-name").replaceChildren(...(found ? [this.roles.icon(found.role, found.person !== UNKNOWN), element("span", {}, found.person === UNKNOWN ? "Unknown person" : found.person)] : []));
    byId("person-facts").replaceChildren(...facts);
    byId("person-cameras").replaceChildren(...(found?.cameras ?? []).map((camera) => this.look.button(camera)));
  }

  lines({ person, role, department, shift, here, zone, stay, confidence, reason, uncertainty, cameras }, now) {
    const where = zone === UNKNOWN ? "outside the zones" : zone;
    const since = stay?.entered_ms && here ? ` since ${localTime(stay.entered_ms)} (${duration(Math.max(now - stay.entered_ms, 0))})` : "";
    const last = stay ? `last seen in ${stay.zone}, ${shortTime(stay.left_ms)}` : "never seen so far";
    return [
      ["Where", here ? `now in ${where}${since}` : last],
      ["Role", [role, department, shift].filter((word) => word && word !== UNKNOWN).join(" · ") || "unknown"],
      ["Roster", stay && here ? FLAGS[stay.expected] : ""],
      ["Why", here ? reason || (person === UNKNOWN ? "no evidence names this person yet" : "") : ""],
      ["Sure", here && person !== UNKNOWN ? `${Math.round(confidence * 100)} %` : ""],
      ["Place", here ? `± ${uncertainty.toFixed(1)} m, seen by ${cameras.join(", ") || "no camera at this moment"}` : ""],
    ].filter(([, value]) => value);
  }
}
