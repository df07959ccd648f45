// The list of people: who is where in words, and a way to find them on the floor.

import { element, rows, write } from "./element.js";
import { UNKNOWN } from "./roles.js";

const FLAGS = { expected: "", unexpected: "! unexpected", unknown: "" };

export class Roster {
  constructor(list, roles, presences, chose) {
    Object.assign(this, { list, roles, presences, chose, chosen: null });
  }

  show(people) {
    const known = new Map(people.map((person) => [person.id, person]));
    const order = (person) => `${person.person === UNKNOWN ? 1 : 0} ${person.role} ${person.person} ${person.id}`;
    const ids = [...people].sort((a, b) => order(a).localeCompare(order(b), "en", { numeric: true })).map(({ id }) => id);
    rows(this.list, ids, (id) => this.row(known.get(id))).forEach((row) => {
      const person = known.get(row.dataset.key);
      const flag = this.presences.of(person)?.expected;
      row.firstChild.dataset.expected = flag ?? "";
      write(row.firstChild.children[2], FLAGS[flag] ?? "");
      row.firstChild.children[2].title = flag ? `the roster: ${flag} here` : "";
      write(row.firstChild.lastChild, person.zone === UNKNOWN ? "outside the zones" : person.zone);
      row.firstChild.setAttribute("aria-pressed", String(person.id === this.chosen));
    });
  }

  row(person) {
    const named = person.person !== UNKNOWN;
    const name = element("span", { class: named ? "" : "nameless" }, person.person);
    const button = element("button", { type: "button", "aria-pressed": "false" }, this.roles.icon(person.role, named), name, element("span", { class: "flag" }), element("span", { class: "quiet" }));
    button.addEventListener("click", () => this.choose(person.id));
    return element("li", { "data-testid": "person-row", "data-person": person.person, "data-role": person.role }, button);
  }

  choose(id) {
    this.chosen = id === this.chosen ? null : id;
    this.chose(this.chosen);
  }
}
