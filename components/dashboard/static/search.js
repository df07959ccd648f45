// The search box: people, roles, zones and departments; "/" goes there, arrows choose, Enter takes, Escape closes.

import { ask } from "./api.js";
import { byId, element } from "./element.js";

const PAUSE = 150; // ms of silence after which the server is asked
const MOST = 12;

export class Search {
  // `local(text)` gives choices {kind, name, note, take} of what the page knows; `remote(person)` the choice of somebody found.
  constructor(local, remote, site) {
    Object.assign(this, { local, remote, site, input: byId("search"), list: byId("found"), choices: [], at: -1, turn: 0 });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("focus", () => this.typed());
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.input.addEventListener("keydown", (event) => this.key(event));
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input:not([type=range]), textarea, dialog[open]")) {
        event.preventDefault();
        this.input.focus();
        this.input.select();
      }
    });
  }

  typed() {
    const text = this.input.value.trim();
    const turn = ++this.turn;
    if (!text) {
      this.close();
      return;
    }
    this.show(this.local(text.toLowerCase()));
    clearTimeout(this.later);
    this.later = setTimeout(() => this.ask(text, turn), PAUSE);
  }

  async ask(text, turn) {
    try {
      const { people } = await ask(`/api/search?site=${encodeURIComponent(this.site())}&text=${encodeURIComponent(text.slice(0, 100))}`);
      if (turn === this.turn) {
        const local = this.local(text.toLowerCase());
        const known = new Set(local.map(({ name }) => name));
        this.show([...local, ...people.filter(({ person }) => !known.has(person)).map((person) => this.remote(person))]);
      }
    } catch {
      // the banner says what is wrong with the server
    }
  }

  show(choices) {
    this.choices = choices.slice(0, MOST);
    this.at = this.choices.length ? Math.min(Math.max(this.at, 0), this.choices.length - 1) : -1;
    const options = this.choices.map((choice, i) => this.option(choice, i));
    this.list.replaceChildren(...(options.length ? options : [element("li", { class: "nothing" }, "Nobody and nothing of that name")]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  option({ kind, name, note, icon }, i) {
    const made = element("li", { role: "option", id: `found-${i}`, "data-testid": "found", "data-kind": kind, "aria-selected": "false" }, ...(icon ? [icon] : []), element("span", {}, name), element("span", { class: "quiet" }, note));
    made.addEventListener("pointerdown", (event) => { event.preventDefault(); this.take(i); });
    return made;
  }

  mark() {
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === this.at)));
    if (this.at >= 0) {
      this.input.setAttribute("aria-activedescendant", `found-${this.at}`);
      this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.choices.length) {
      this.at = (this.at + step + this.choices.length) % this.choices.length;
      this.mark();
    } else if (event.key === "Enter" && this.at >= 0) {
      this.take(this.at);
    } else if (event.key === "Escape") {
      this.input.value = "";
      this.close();
      this.input.blur();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  take(i) {
    const choice = this.choices[i];
    this.input.value = "";
    this.close();
    this.input.blur();
    choice?.take();
  }

  close() {
    this.turn += 1;
    [this.choices, this.at, this.list.hidden] = [[], -1, true];
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
