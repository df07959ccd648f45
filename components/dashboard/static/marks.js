// The people on the floor: halo of uncertainty, trail, mark of the role, and a name where there is room for one.

import { UNKNOWN } from "./roles.js";

const SIZE = 10; // px
const CROWD = 100; // people from which on names and trails stand only where somebody was chosen or singled out

export class Marks {
  constructor(floor, roles) {
    Object.assign(this, { floor, roles, paths: new Map(), places: [] });
  }

  draw(people, chosen, colours) {
    const c = this.floor.context;
    this.places = people.map((person) => ({ person, at: this.floor.toScreen(person.x, person.y) }));
    const named = (place) => place.person.person !== UNKNOWN;
    this.places.sort((a, b) => named(a) - named(b) || b.at[1] - a.at[1]); // names on top
    const crowd = this.places.filter(({ person }) => !person.faded).length > CROWD;
    this.places.forEach((place) => this.ground(c, place, colours, crowd && place.person.id !== chosen));
    this.places.forEach((place) => this.mark(c, place, place.person.id === chosen, colours));
    this.labels(c, this.places.filter(({ person }) => !person.faded && (!crowd || person.id === chosen)).reverse(), chosen, colours);
    c.globalAlpha = 1;
  }

  ground(c, { person, at }, colours, bare) {
    const colour = this.roles.look(person.role).colour ?? colours.unknown;
    [c.fillStyle, c.strokeStyle, c.globalAlpha] = [colour, colour, 0.17 * person.alpha];
    c.beginPath();
    c.arc(...at, Math.max(person.uncertainty * this.floor.scale, SIZE + 3), 0, 2 * Math.PI);
    c.fill();
    if (bare) {
      return;
    }
    [c.lineWidth, c.lineCap] = [3, "round"];
    for (let i = 1; i < person.trail.length; i++) {
      const [[x0, y0], [x1, y1, age]] = [person.trail[i - 1], person.trail[i]];
      c.globalAlpha = 0.6 * (1 - age) * person.alpha;
      c.beginPath();
      c.moveTo(...this.floor.toScreen(x0, y0));
      c.lineTo(...this.floor.toScreen(x1, y1));
      c.stroke();
    }
  }

  mark(c, { person, at: [x, y] }, chosen, colours) {
    const { path, colour, letter, ink } = this.roles.look(person.role);
    const known = person.person !== UNKNOWN;
    c.save();
    c.globalAlpha = person.alpha;
    c.translate(x, y);
    if (chosen) {
      [c.strokeStyle, c.lineWidth] = [colours.accent, 3];
      c.beginPath();
      c.arc(0, 0, SIZE + 9, 0, 2 * Math.PI);
      c.stroke();
    }
    c.scale(SIZE, SIZE);
    [c.lineJoin, c.strokeStyle, c.lineWidth] = ["round", known ? colours.rim : colours.card, 0.45];
    c.stroke(this.path(path));
    [c.fillStyle, c.strokeStyle, c.lineWidth] = [known && colour ? colour : colours.card, colour ?? colours.unknown, 0.22];
    c.fill(this.path(path));
    c.setLineDash(known ? [] : [0.5, 0.32]);
    c.stroke(this.path(path));
    c.restore();
    [c.globalAlpha, c.fillStyle] = [person.alpha, known && ink ? ink : colours.text];
    [c.font, c.textAlign, c.textBaseline] = ["700 12px system-ui, sans-serif", "center", "middle"];
    c.fillText(letter, x, y + (path.startsWith("M0 -1.2L1.14") ? 2.5 : 1));
  }

  path(text) {
    if (!this.paths.has(text)) {
      this.paths.set(text, new Path2D(text));
    }
    return this.paths.get(text);
  }

  // Whoever is chosen first, then the named; a label that would lie on another mark or label is left out.
  labels(c, places, chosen, colours) {
    const taken = [...places.map(({ at: [x, y] }) => [x - SIZE, y - SIZE, x + SIZE, y + SIZE]), ...this.floor.tags];
    const order = [...places].sort((a, b) => (b.person.id === chosen) - (a.person.id === chosen));
    for (const { person, at: [x, y] } of order) {
      const known = person.person !== UNKNOWN;
      c.font = `${known ? "600 12px" : "italic 11px"} system-ui, sans-serif`;
      const half = c.measureText(person.person).width / 2;
      const spots = [[x, y + SIZE + 10], [x, y - SIZE - 9], [x + SIZE + half + 6, y], [x - SIZE - half - 6, y]];
      const spot = spots.find(([sx, sy]) => fits([sx - half, sy - 7, sx + half, sy + 7], taken, this.floor));
      if (spot) {
        taken.push([spot[0] - half - 2, spot[1] - 8, spot[0] + half + 2, spot[1] + 8]);
        [c.globalAlpha, c.textAlign, c.textBaseline, c.lineJoin, c.lineWidth] = [person.alpha, "center", "middle", "round", 3.5];
        [c.strokeStyle, c.fillStyle] = [colours.card, known ? colours.text : colours.soft];
        c.strokeText(person.person, ...spot);
        c.fillText(person.person, ...spot);
      }
    }
  }

  // Whose mark is under the pointer, or near enough for a finger.
  nearest(x, y, reach = 20) {
    const near = this.places.map(({ person, at }) => ({ person, at, far: Math.hypot(at[0] - x, at[1] - y) })).filter(({ far }) => far < reach);
    return near.sort((a, b) => a.far - b.far)[0] ?? null;
  }
}

function fits([left, top, right, bottom], taken, floor) {
  const inside = left > 2 && top > 2 && right < floor.width - 2 && bottom < floor.height - 2;
  return inside && !taken.some(([l, t, r, b]) => left < r && right > l && top < b && bottom > t);
}
