// The look of a role: colour (Okabe and Ito's palette, told apart by the colour-blind), shape and letter say the same thing three times.

const CIRCLE = "M1 0A1 1 0 1 1 -1 0A1 1 0 1 1 1 0Z";
const SHAPES = {
  circle: CIRCLE,
  square: "M-.88 -.88H.88V.88H-.88Z",
  triangle: "M0 -1.2L1.14 .86H-1.14Z",
  diamond: "M0 -1.22L1.22 0L0 1.22L-1.22 0Z",
  hexagon: "M-.55 -1H.55L1.12 0L.55 1H-.55L-1.12 0Z",
  pentagon: "M0 -1.12L1.1 -.3L.7 1H-.7L-1.1 -.3Z",
  cross: "M-.42 -1.1H.42V-.42H1.1V.42H.42V1.1H-.42V.42H-1.1V-.42H-.42Z",
  shield: "M-.95 -.95H.95V.2L0 1.2L-.95 .2Z",
};
const KNOWN = {
  nurse: ["circle", "#0072b2"],
  doctor: ["square", "#d55e00"],
  porter: ["triangle", "#009e73"],
  cleaner: ["diamond", "#cc79a7"],
  visitor: ["hexagon", "#e69f00"],
  patient: ["pentagon", "#56b4e9"],
};
const SPARE = [["shield", "#f0e442"], ["cross", "#56b4e9"], ["pentagon", "#0072b2"], ["shield", "#d55e00"], ["cross", "#009e73"]];
export const UNKNOWN = "unknown";

export class Roles {
  constructor() {
    this.looks = new Map([[UNKNOWN, { path: CIRCLE, colour: null, letter: "?" }]]);
  }

  // Roles that nobody foresaw get the spare looks, in the order in which they turn up.
  look(role) {
    if (!this.looks.has(role)) {
      const strange = [...this.looks.keys()].filter((name) => name !== UNKNOWN && !KNOWN[name]).length;
      const [shape, colour] = KNOWN[role] ?? SPARE[strange % SPARE.length];
      this.looks.set(role, { path: SHAPES[shape], colour, letter: (role[0] ?? "?").toUpperCase(), ink: inkOn(colour) });
    }
    return this.looks.get(role);
  }

  // The mark of `role` as a picture of the page; hollow and dashed where the name is not known.
  icon(role, named = role !== UNKNOWN) {
    const { path, colour, letter, ink } = this.look(role);
    const picture = svg("svg", { viewBox: "-15 -15 30 30", class: "icon", "aria-hidden": "true" });
    const shape = svg("path", { d: path, transform: "scale(10)", fill: named ? colour : "none", stroke: colour ?? "currentColor", "stroke-width": ".24" });
    if (!named) {
      shape.setAttribute("stroke-dasharray", ".5 .32");
    }
    const text = svg("text", { "text-anchor": "middle", y: path === SHAPES.triangle ? 6 : 4.5, "font-size": "12.5", "font-weight": "700", fill: named ? ink : "currentColor" });
    text.textContent = letter;
    picture.append(shape, text);
    return picture;
  }
}

function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  return made;
}

// Black or white, whichever is easier to read on `colour` (WCAG's relative luminance).
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}
