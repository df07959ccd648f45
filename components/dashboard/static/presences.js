// Since when everybody has been where they are, and whether the roster expects them there.

import { ask } from "./api.js";

const AGAIN = 2000; // ms on the wall

export class Presences {
  constructor(changed) {
    Object.assign(this, { changed, site: "", byIdentity: new Map(), byPerson: new Map(), asking: false, asked: -Infinity });
  }

  // Ask now and then; what cannot be had is not worth a warning of its own.
  async follow(site, at) {
    if (this.asking || !site || performance.now() - this.asked < AGAIN) {
      return;
    }
    [this.asking, this.asked] = [true, performance.now()];
    try {
      const { stays } = await ask(`/api/available?site=${encodeURIComponent(site)}&at=${Math.round(at)}`);
      this.byIdentity = new Map(stays.map((stay) => [stay.identity, stay]));
      this.byPerson = new Map(stays.filter(({ person }) => person !== "unknown").map((stay) => [stay.person, stay]));
      this.changed();
    } catch {
      [this.byIdentity, this.byPerson] = [new Map(), new Map()];
    } finally {
      this.asking = false;
    }
  }

  of({ id, person }) {
    return this.byIdentity.get(id) ?? this.byPerson.get(person) ?? null;
  }
}
