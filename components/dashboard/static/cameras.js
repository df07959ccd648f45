// The cameras' health: who delivers, who does not, and why.

import { element, rows, write } from "./element.js";
import { duration, localTime } from "./times.js";

const WORDS = { ok: "ok", failed: "failed", silent: "silent" };
const STALE = 10000; // ms behind the newest camera

export class Cameras {
  constructor(list, figure, box, card, look) {
    Object.assign(this, { list, figure, box, card, look });
  }

  show({ cameras, failed }) {
    const known = new Map(cameras.map((camera) => [camera.camera, camera]));
    const newest = Math.max(...cameras.map(({ last_frame_ms }) => last_frame_ms), 0);
    rows(this.list, [...known.keys()], (id) => element("li", { "data-testid": "camera", "data-camera": id },
      element("b", {}, id), element("span", { class: "where" }), element("span", { class: "word" }), element("span", { class: "more" }), this.look.button(id),
    )).forEach((row) => this.fill(row, known.get(row.dataset.key), newest));
    write(this.figure, `${cameras.filter(({ state }) => state === "ok").length}/${cameras.length}`);
    this.box.className = failed ? "bad" : "";
    this.card.classList.toggle("urgent", failed > 0 || cameras.some(({ state, message }) => state === "silent" && message)); // above everything else
  }

  fill(row, camera, newest) {
    row.className = camera.state;
    row.dataset.state = camera.state;
    const [, where, word, more] = row.children;
    write(where, camera.location);
    where.title = camera.location;
    write(word, WORDS[camera.state]);
    const last = camera.last_frame_ms ? `last frame ${localTime(camera.last_frame_ms)}` : "no frame";
    const behind = camera.last_frame_ms && newest - camera.last_frame_ms > STALE ? ` (${duration(newest - camera.last_frame_ms)} behind the others)` : "";
    const lost = camera.dropped ? ` · ${camera.dropped} dropped` : "";
    const of = camera.expected ? ` of ${camera.expected.toFixed(0)}` : "";
    const reason = camera.gap_reason ? `, last: ${camera.gap_reason}` : "";
    const gaps = camera.gaps ? `${duration(camera.missing_ms)} missing in 24 h, in ${camera.gaps} gap${camera.gaps > 1 ? "s" : ""}${reason}` : "";
    const figures = camera.frames ? `${camera.fps.toFixed(1)}${of} fps · ${last}${behind}${lost}` : camera.state === "silent" ? "no picture yet" : last;
    write(more, [figures, gaps, camera.message].filter(Boolean).join(" · "));
  }
}
