// What the page is narrowed down to: a role, a zone, a department, or several of them at once.

import { byId, write } from "./element.js";
import { UNKNOWN } from "./roles.js";

const WORDS = { role: (value) => (value === UNKNOWN ? "role unknown" : value), zone: (value) => (value === UNKNOWN ? "outside the zones" : value), department: (value) => (value === UNKNOWN ? "department unknown" : value) };

export class Filter {
  constructor(changed) {
    Object.assign(this, { changed, chosen: new Map(), departments: new Map() });
    byId("filter-clear").addEventListener("click", () => this.clear());
  }

  know(staff) {
    this.departments = new Map(staff.map(({ id, department }) => [id, department]));
  }

  departmentOf({ person }) {
    return this.departments.get(person) ?? UNKNOWN;
  }

  get active() {
    return this.chosen.size > 0;
  }

  is(kind, value) {
    return this.chosen.get(kind) === value;
  }

  matches(person) {
    const facts = { role: person.role, zone: person.zone, department: this.departmentOf(person) };
    return [...this.chosen].every(([kind, value]) => facts[kind] === value);
  }

  toggle(kind, value) {
    if (this.is(kind, value)) {
      this.chosen.delete(kind);
    } else {
      this.chosen.set(kind, value);
    }
    this.say();
  }

  clear() {
    this.chosen.clear();
    this.say();
  }

  say() {
    byId("filter").hidden = !this.active;
    write(byId("filter-words"), `Only ${[...this.chosen].map(([kind, value]) => WORDS[kind](value)).join(" · ")}`);
    this.changed();
  }
}
