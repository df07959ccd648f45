// The note beside somebody on the floor: who it is, how sure that is, and who saw it.

import { write } from "./element.js";
import { UNKNOWN } from "./roles.js";

export class Tip {
  constructor(node) {
    this.node = node;
  }

  // `found` is what is under the pointer, or null.
  show(found, floor) {
    this.node.hidden = !found;
    if (found) {
      const [x, y] = found.at;
      write(this.node, this.words(found.person));
      this.node.style.transform = `translate(${Math.min(x + 18, floor.width - 220)}px, ${Math.min(y + 14, floor.height - 80)}px)`;
    }
  }

  words({ person, role, zone, confidence, uncertainty, cameras }) {
    const name = person === UNKNOWN ? "Unknown person" : `${person} (${Math.round(confidence * 100)} % sure)`;
    const place = `${role === UNKNOWN ? "role unknown" : role} · ${zone === UNKNOWN ? "outside the zones" : zone}`;
    return `${name}\n${place}\n± ${uncertainty.toFixed(1)} m · ${cameras.join(", ")}`;
  }
}
