// The floor: zones in metres on a canvas, sharp on every screen, and the way from metres to pixels.

const KINDS = { corridor: "corridor", lobby: "corridor", hall: "corridor", desk: "desk", station: "desk" };

export class Floor {
  constructor(canvas) {
    Object.assign(this, { canvas, context: canvas.getContext("2d"), zones: [], bounds: null, colours: {}, picture: document.createElement("canvas"), tags: [], stale: true });
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.canvas.getBoundingClientRect();
    Object.assign(this, { ratio, width, height, stale: true });
    for (const canvas of [this.canvas, this.picture]) {
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    }
  }

  furnish(zones) {
    this.zones = [...zones].sort((a, b) => area(b.polygon) - area(a.polygon)); // a desk inside a room lies on top of it
    this.bounds = boundsOf(zones.flatMap((zone) => zone.polygon));
    this.stale = true;
  }

  paint(colours) {
    [this.colours, this.stale] = [colours, true];
  }

  // Without a floor plan the view grows with the people on it.
  include(people) {
    if (!this.zones.length && people.length) {
      const found = boundsOf([...people.map(({ x, y }) => [x, y]), ...(this.bounds ? corners(this.bounds) : [])]);
      const grown = !this.bounds || found.some((value, i) => Math.abs(value - this.bounds[i]) > 1e-9);
      this.bounds = grown ? [Math.floor(found[0]), Math.floor(found[1]), Math.ceil(found[2]), Math.ceil(found[3])] : this.bounds;
      this.stale ||= grown;
    }
  }

  fit() {
    const [left, bottom, right, top] = this.bounds ?? [0, 0, 10, 10];
    const edge = 26;
    this.scale = Math.max(Math.min((this.width - 2 * edge) / Math.max(right - left, 4), (this.height - 2 * edge) / Math.max(top - bottom, 4)), 1);
    this.x0 = this.width / 2 - (this.scale * (left + right)) / 2;
    this.y0 = this.height / 2 + (this.scale * (bottom + top)) / 2; // metres count upwards, pixels downwards
  }

  toScreen(x, y) {
    return [this.x0 + x * this.scale, this.y0 - y * this.scale];
  }

  // The plan and `counts` (zone -> people), then the people go on top.
  draw(counts) {
    if (this.stale) {
      this.fit();
      this.sketch();
      this.stale = false;
    }
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.drawImage(this.picture, 0, 0);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const zone of this.zones) {
      this.count(zone, counts.get(zone.name) ?? 0);
    }
  }

  sketch() {
    const c = this.picture.getContext("2d");
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.fillStyle = this.colours.ground;
    c.fillRect(0, 0, this.width, this.height);
    if (!this.zones.length) {
      this.grid(c);
    }
    for (const zone of this.zones) {
      this.outline(c, zone.polygon);
      c.fillStyle = this.colours[KINDS[zone.kind] ?? "room"];
      c.fill();
      [c.strokeStyle, c.lineWidth, c.lineJoin] = [this.colours.wall, 2.5, "round"];
      c.stroke();
    }
    this.tags = []; // where the names stand, for nobody else to write there
    this.zones.forEach((zone) => this.name(c, zone));
    this.ruler(c);
  }

  outline(c, polygon) {
    c.beginPath();
    polygon.forEach(([x, y]) => c.lineTo(...this.toScreen(x, y)));
    c.closePath();
  }

  // Names stand in a corner, so that the middle of a room stays free for its people; `halo` sets them off from what lies below.
  name(c, zone, halo) {
    const [left, bottom, right, top] = boundsOf(zone.polygon);
    let [x, y] = this.toScreen(left, top);
    const inside = within(left + 0.15, top - 0.15, zone.polygon);
    [x, y] = inside ? [x + 9, y + 18] : this.toScreen((left + right) / 2 - 0.5, (bottom + top) / 2);
    const room = (right - left) * this.scale - 40;
    [c.fillStyle, c.textBaseline, c.textAlign] = [this.colours.soft, "alphabetic", "left"];
    for (const size of [13, 12, 11, 10]) {
      c.font = `600 ${size}px system-ui, sans-serif`;
      if (c.measureText(zone.name).width <= room) {
        break;
      }
    }
    if (halo) {
      [c.strokeStyle, c.lineWidth, c.lineJoin] = [halo, 4, "round"];
      c.strokeText(zone.name, x, y, Math.max(room, 30));
    }
    c.fillText(zone.name, x, y, Math.max(room, 30));
    this.tags.push([x, y - 13, x + c.measureText(zone.name).width + 26, y + 4]);
    zone.tag = { x: x + Math.min(c.measureText(zone.name).width, Math.max(room, 30)) + 7, y: y - 4.5 };
  }

  count(zone, number) {
    const c = this.context;
    if (number) {
      [c.font, c.textAlign, c.textBaseline] = ["700 12px system-ui, sans-serif", "center", "middle"];
      const half = Math.max(9, c.measureText(number).width / 2 + 5);
      [c.fillStyle, c.globalAlpha] = [this.colours.soft, 0.22];
      c.beginPath();
      c.roundRect(zone.tag.x, zone.tag.y - 9, 2 * half, 18, 9);
      c.fill();
      [c.fillStyle, c.globalAlpha] = [this.colours.text, 1];
      c.fillText(number, zone.tag.x + half, zone.tag.y + 0.5);
    }
  }

  grid(c) {
    [c.strokeStyle, c.lineWidth] = [this.colours.line, 1];
    const step = [1, 2, 5, 10, 20, 50].find((metres) => metres * this.scale >= 24) ?? 100;
    c.beginPath();
    for (let x = Math.ceil(-this.x0 / this.scale / step) * step; x * this.scale + this.x0 < this.width; x += step) {
      c.moveTo(x * this.scale + this.x0, 0);
      c.lineTo(x * this.scale + this.x0, this.height);
    }
    for (let y = Math.ceil((this.y0 - this.height) / this.scale / step) * step; this.y0 - y * this.scale > 0; y += step) {
      c.moveTo(0, this.y0 - y * this.scale);
      c.lineTo(this.width, this.y0 - y * this.scale);
    }
    c.stroke();
  }

  ruler(c) {
    const metres = [1, 2, 5, 10, 20, 50].find((m) => m * this.scale >= 60) ?? 100;
    const [x, y, length] = [14, this.height - 10, metres * this.scale];
    [c.strokeStyle, c.lineWidth, c.fillStyle, c.textAlign] = [this.colours.soft, 1.5, this.colours.soft, "left"];
    c.beginPath();
    c.moveTo(x, y - 5);
    c.lineTo(x, y);
    c.lineTo(x + length, y);
    c.lineTo(x + length, y - 5);
    c.stroke();
    c.font = "11px system-ui, sans-serif";
    c.fillText(`${metres} m`, x + length + 6, y);
  }
}

function boundsOf(points) {
  if (!points.length) {
    return null;
  }
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function corners([left, bottom, right, top]) {
  return [[left, bottom], [right, top]];
}

function area(polygon) {
  return Math.abs(polygon.reduce((sum, [x, y], i) => sum + x * polygon[(i + 1) % polygon.length][1] - y * polygon[(i + 1) % polygon.length][0], 0)) / 2;
}

function within(x, y, polygon) {
  let inside = false;
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
      inside = !inside;
    }
  });
  return inside;
}
