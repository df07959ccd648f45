// People over time as an area and a line: time in which nobody looked is left open.

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [560, 220, 38, 26, 8];

export class Chart {
  constructor(box) {
    this.box = box;
  }

  // `bins` as the server gives them; `label(ms)` names a moment
  show(bins, label) {
    const most = Math.max(1, ...bins.map((bin) => bin.most));
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((value) => most / value <= 5) ?? 1000;
    const top = Math.ceil(most / step) * step;
    const [start, end] = [bins[0]?.from_ms ?? 0, bins.at(-1)?.to_ms ?? 1];
    const x = (ms) => LEFT + ((WIDTH - LEFT - 6) * (ms - start)) / (end - start);
    const y = (people) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * people) / top;
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": describe(bins, label) });
    for (let people = 0; people <= top; people += step) {
      picture.append(svg("line", { x1: LEFT, x2: WIDTH - 6, y1: y(people), y2: y(people), class: "grid" }), text(LEFT - 5, y(people) + 4, people, "end"));
    }
    for (const part of stretches(bins)) {
      const middle = (bin) => x((bin.from_ms + bin.to_ms) / 2);
      const line = (value) => part.map((bin) => `${middle(bin).toFixed(1)} ${y(value(bin)).toFixed(1)}`).join("L");
      const area = `M${middle(part[0]).toFixed(1)} ${y(0)}L${line((bin) => bin.mean)}L${middle(part.at(-1)).toFixed(1)} ${y(0)}Z`;
      picture.append(svg("path", { d: area, class: "area" }), svg("path", { d: `M${line((bin) => bin.mean)}`, class: "mean" }), svg("path", { d: `M${line((bin) => bin.most)}`, class: "most" }));
      if (part.length === 1) {
        picture.append(svg("circle", { cx: middle(part[0]), cy: y(part[0].mean), r: 3, class: "dot-mean" }));
      }
    }
    for (const share of [0, 0.25, 0.5, 0.75]) {
      picture.append(text(x(start + share * (end - start)), HEIGHT - 6, label(start + share * (end - start)), "start"));
    }
    this.box.replaceChildren(picture);
  }
}

function stretches(bins) {
  const parts = [];
  bins.forEach((bin, i) => {
    if (bin.watched > 0) {
      (i && bins[i - 1].watched > 0 ? parts.at(-1) : parts[parts.push([]) - 1]).push(bin);
    }
  });
  return parts;
}

function describe(bins, label) {
  const watched = bins.filter((bin) => bin.watched > 0);
  if (!watched.length) {
    return "Nobody looked in this period";
  }
  const busiest = watched.reduce((a, b) => (b.mean > a.mean ? b : a));
  return `People over time: most at once ${Math.max(...watched.map(({ most }) => most))}, busiest at ${label(busiest.from_ms)} with ${busiest.mean.toFixed(1)} on average`;
}

function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

function text(x, y, words, anchor) {
  const made = svg("text", { x, y, "text-anchor": anchor });
  made.textContent = words;
  return made;
}
