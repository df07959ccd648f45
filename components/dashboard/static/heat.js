// Where people spend their time, laid over the plan: one hue from transparent to full, so that it is read without telling hues apart.

const SHADES = { light: [[253, 231, 173], [227, 119, 40], [122, 4, 60]], dark: [[62, 52, 110], [221, 96, 96], [255, 241, 158]] };

export class Heat {
  constructor(floor) {
    Object.assign(this, { floor, grid: null, most: 0 });
  }

  know(grid) {
    this.grid = grid;
    const values = grid.seconds.flat().filter((value) => value > 0).sort((a, b) => a - b);
    this.most = values[Math.floor(values.length * 0.98)] ?? 0; // one seat that is never left must not pale all the rest
  }

  draw(dark) {
    if (!this.most) {
      return;
    }
    const { context: c } = this.floor;
    const { cell, x, y, seconds } = this.grid;
    c.save();
    c.beginPath();
    this.floor.zones.forEach(({ polygon }) => {
      polygon.forEach(([px, py], i) => c[i ? "lineTo" : "moveTo"](...this.floor.toScreen(px, py)));
      c.closePath();
    });
    if (this.floor.zones.length) {
      c.clip();
    }
    c.globalAlpha = 0.8;
    seconds.forEach((row, r) => row.forEach((value, i) => {
      if (value > 0) {
        const [left, bottom] = this.floor.toScreen(x + i * cell, y + r * cell);
        c.fillStyle = shade(Math.sqrt(Math.min(value / this.most, 1)), dark);
        c.fillRect(left, bottom - cell * this.floor.scale, cell * this.floor.scale + 0.5, cell * this.floor.scale + 0.5);
      }
    }));
    c.restore();
  }

  scale(canvas, dark) {
    const c = canvas.getContext("2d");
    for (let i = 0; i < canvas.width; i++) {
      c.fillStyle = shade(i / canvas.width, dark);
      c.fillRect(i, 0, 1, canvas.height);
    }
  }
}

function shade(share, dark) {
  const shades = SHADES[dark ? "dark" : "light"];
  const at = share * (shades.length - 1);
  const i = Math.min(Math.floor(at), shades.length - 2);
  return `rgb(${shades[i].map((value, k) => Math.round(value + (at - i) * (shades[i + 1][k] - value))).join(" ")})`;
}
