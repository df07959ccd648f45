// How often people go from zone to zone: arrows on the plan for the busiest ways, and a table of all.

import { element } from "./element.js";

const ARROWS = 14;

export class Ways {
  constructor(floor, table) {
    Object.assign(this, { floor, table, flows: [] });
  }

  know(flows) {
    this.flows = flows;
    this.matrix();
  }

  draw(colours) {
    const centres = new Map(this.floor.zones.map(({ name, polygon }) => [name, centre(polygon)]));
    const known = this.flows.filter((flow) => centres.has(flow.from_zone) && centres.has(flow.to_zone)).slice(0, ARROWS);
    const most = known[0]?.times ?? 1;
    [...known].reverse().forEach((flow) => this.arrow(centres.get(flow.from_zone), centres.get(flow.to_zone), flow, flow.times / most, colours));
  }

  // Ways there and back bend to different sides.
  arrow(from, to, { times }, share, colours) {
    const c = this.floor.context;
    const [x0, y0] = this.floor.toScreen(...from);
    const [x1, y1] = this.floor.toScreen(...to);
    const far = Math.hypot(x1 - x0, y1 - y0) || 1;
    const [nx, ny] = [-(y1 - y0) / far, (x1 - x0) / far];
    const bend = Math.min(0.18 * far, 40);
    const [mx, my] = [(x0 + x1) / 2 + nx * bend, (y0 + y1) / 2 + ny * bend];
    const at = (t) => [(1 - t) ** 2 * x0 + 2 * t * (1 - t) * mx + t * t * x1, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * my + t * t * y1];
    const [start, end, before] = [at(0.12), at(0.88), at(0.8)];
    const width = 1.5 + 6 * share;
    const angle = Math.atan2(end[1] - before[1], end[0] - before[0]);
    const head = 7 + 1.6 * width;
    for (const [colour, wider] of [[colours.card, 3], [colours.text, 0]]) {
      [c.strokeStyle, c.fillStyle, c.lineWidth, c.lineCap, c.lineJoin] = [colour, colour, width + wider, "round", "round"];
      c.beginPath();
      c.moveTo(...start);
      c.quadraticCurveTo(...curve(start, at(0.5), end), end[0] - head * 0.7 * Math.cos(angle), end[1] - head * 0.7 * Math.sin(angle));
      c.stroke();
      c.lineWidth = wider + 1;
      c.beginPath();
      c.moveTo(...end);
      c.lineTo(end[0] - head * Math.cos(angle - 0.5), end[1] - head * Math.sin(angle - 0.5));
      c.lineTo(end[0] - head * Math.cos(angle + 0.5), end[1] - head * Math.sin(angle + 0.5));
      c.closePath();
      c.fill();
      c.stroke();
    }
    if (share > 0.3) {
      const [lx, ly] = at(0.5);
      [c.font, c.textAlign, c.textBaseline, c.lineWidth, c.strokeStyle, c.fillStyle] = ["700 12px system-ui, sans-serif", "center", "middle", 4, colours.card, colours.text];
      c.strokeText(times, lx + nx * 12, ly + ny * 12);
      c.fillText(times, lx + nx * 12, ly + ny * 12);
    }
  }

  matrix() {
    const zones = [...new Set(this.flows.flatMap((flow) => [flow.from_zone, flow.to_zone]))].sort();
    const times = new Map(this.flows.map((flow) => [`${flow.from_zone}\n${flow.to_zone}`, flow]));
    const most = this.flows[0]?.times ?? 1;
    const cell = (from, to) => {
      const flow = times.get(`${from}\n${to}`);
      const made = element("td", { class: "number" }, flow ? String(flow.times) : from === to ? "" : "·");
      if (flow) {
        made.title = `${from} → ${to}: ${flow.times} times, ${Math.round(flow.seconds)} s on the way`;
        made.dataset.level = Math.ceil((4 * flow.times) / most);
      }
      return made;
    };
    const head = element("tr", {}, element("th", { scope: "col" }, "from ↓ to →"), ...zones.map((zone) => element("th", { scope: "col", class: "number" }, zone)));
    const body = zones.map((from) => element("tr", {}, element("th", { scope: "row" }, from), ...zones.map((to) => cell(from, to))));
    this.table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...body));
  }
}

function centre(polygon) {
  return [0, 1].map((i) => polygon.reduce((sum, corner) => sum + corner[i], 0) / polygon.length);
}

// The control point of the curve from `a` to `b` that goes through `middle`.
function curve(a, middle, b) {
  return [0, 1].map((i) => 2 * middle[i] - (a[i] + b[i]) / 2);
}
