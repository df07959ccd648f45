// The cameras' health: who delivers, who does not, and why.

import { element, rows, write } from "./element.js";
import { localTime } from "./times.js";

const WORDS = { ok: "ok", failed: "failed", silent: "no pictures yet" };

export class Cameras {
  constructor(list, figure, box, card) {
    Object.assign(this, { list, figure, box, card });
  }

  show({ cameras, failed }) {
    const known = new Map(cameras.map((camera) => [camera.camera, camera]));
    rows(this.list, [...known.keys()], (id) => element("li", { "data-testid": "camera", "data-camera": id },
      element("b", {}, id), element("span", { class: "where" }), element("span", { class: "word" }), element("span", { class: "more" }),
    )).forEach((row) => this.fill(row, known.get(row.dataset.key)));
    write(this.figure, `${cameras.filter(({ state }) => state === "ok").length}/${cameras.length}`);
    this.box.className = failed ? "bad" : "";
    this.card.classList.toggle("urgent", failed > 0); // above everything else
  }

  fill(row, camera) {
    row.className = camera.state;
    row.dataset.state = camera.state;
    const [, where, word, more] = row.children;
    write(where, camera.location);
    where.title = camera.location;
    write(word, WORDS[camera.state]);
    const last = camera.last_frame_ms ? `last frame ${localTime(camera.last_frame_ms)}` : "no frame";
    const figures = camera.state === "silent" ? "" : `${camera.fps.toFixed(1)} fps · ${last}`;
    write(more, [figures, camera.message].filter(Boolean).join(" · "));
  }
}
