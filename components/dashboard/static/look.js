// What a camera sees, with boxes, for those who may; every look is written down by the server.

import { ask } from "./api.js";
import { byId, element, write } from "./element.js";
import { UNKNOWN } from "./roles.js";
import { localTime } from "./times.js";

export class Look {
  // `moment()` gives {run, at} of what the page shows
  constructor(roles, moment) {
    Object.assign(this, { roles, moment, right: "no", dialog: byId("look") });
    byId("look-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => byId("look-picture").replaceChildren());
  }

  button(camera) {
    if (this.right !== "yes") {
      return element("span", { class: "quiet" });
    }
    const made = element("button", { type: "button", class: "small", "data-testid": "look-button", "aria-label": `See what ${camera} sees` }, `See ${camera}`);
    made.addEventListener("click", () => this.open(camera));
    return made;
  }

  async open(camera) {
    const { run, at } = this.moment();
    write(byId("look-title"), camera);
    write(byId("look-note"), "Asking for the picture…");
    byId("look-picture").replaceChildren();
    this.dialog.showModal();
    try {
      const name = encodeURIComponent(camera);
      const view = await ask(`/api/cameras/${name}/view?run=${run}&at=${Math.round(at)}`);
      this.describe(view);
      if (view.footage) {
        this.picture(`/api/cameras/${name}/picture?at=${view.at_ms}`, view.boxes);
      }
    } catch (error) {
      write(byId("look-note"), error.message);
    }
  }

  describe({ at_ms, footage, boxes }) {
    const people = boxes.map(({ person, role }) => (person === UNKNOWN ? (role === UNKNOWN ? "unknown person" : `unknown ${role}`) : person));
    const words = [localTime(at_ms), `${boxes.length} seen${people.length ? `: ${people.join(", ")}` : ""}`];
    write(byId("look-note"), [...words, footage ? "This look has been logged." : "No footage of this moment is in the store, so there is no picture."].join(" · "));
  }

  picture(address, boxes) {
    const image = element("img", { src: address, alt: "Picture of the camera", "data-testid": "look-image" });
    image.addEventListener("error", () => write(byId("look-note"), "The picture could not be read from the store."));
    image.addEventListener("load", () => byId("look-picture").append(this.overlay(image, boxes)));
    byId("look-picture").replaceChildren(image);
  }

  overlay(image, boxes) {
    const made = svg("svg", { viewBox: `0 0 ${image.naturalWidth} ${image.naturalHeight}`, "aria-hidden": "true", "data-testid": "look-boxes" });
    const unit = image.naturalWidth / 640;
    for (const { box: [x1, y1, x2, y2], person, role } of boxes) {
      const colour = this.roles.look(role).colour ?? "#ffffff";
      const shape = { x: x1, y: y1, width: Math.max(x2 - x1, 0), height: Math.max(y2 - y1, 0), fill: "none" };
      const dash = person === UNKNOWN ? { "stroke-dasharray": `${7 * unit} ${4 * unit}` } : {};
      made.append(svg("rect", { ...shape, stroke: "#000000", "stroke-width": 4 * unit }), svg("rect", { ...shape, ...dash, stroke: colour, "stroke-width": 2.2 * unit }));
      const label = svg("text", { x: x1, y: Math.max(y1 - 4 * unit, 12 * unit), "font-size": 13 * unit, "font-weight": 700, fill: "#ffffff", stroke: "#000000", "stroke-width": 3 * unit, "paint-order": "stroke" });
      label.textContent = person === UNKNOWN ? "?" : person;
      made.append(label);
    }
    return made;
  }
}

function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}
