// How many people of each role or department are there: buttons that narrow the page down.

import { element, rows, write } from "./element.js";
import { UNKNOWN } from "./roles.js";

export class Groups {
  constructor(list, kind, filter, icon) {
    Object.assign(this, { list, kind, filter, icon, names: [] });
  }

  furnish(names) {
    this.names = [...new Set([...names, UNKNOWN])];
  }

  // `values`: the role or department of everybody who is there
  show(values) {
    const counts = new Map(this.names.map((name) => [name, 0]));
    values.forEach((value) => counts.set(value, (counts.get(value) ?? 0) + 1));
    const names = [...counts.keys()].sort((a, b) => (a === UNKNOWN) - (b === UNKNOWN));
    rows(this.list, names, (name) => this.entry(name)).forEach((entry) => {
      const button = entry.firstChild;
      write(button.lastChild, counts.get(entry.dataset.key));
      button.setAttribute("aria-pressed", String(this.filter.is(this.kind, entry.dataset.key)));
    });
  }

  entry(name) {
    const picture = this.icon ? [this.icon(name)] : [];
    const button = element("button", { type: "button", class: "group", "aria-pressed": "false" }, ...picture, element("span", {}, name), element("b"));
    button.addEventListener("click", () => this.filter.toggle(this.kind, name));
    return element("li", { "data-testid": this.kind, "data-name": name }, button);
  }
}
