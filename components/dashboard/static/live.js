// The present: the newest positions as the server sends them, walked to smoothly.

const TRAIL = 3000; // ms of fleet time
const FADE = 400; // ms on the wall in which somebody appears and disappears

export class Live {
  constructor(changed, trouble) {
    Object.assign(this, { changed, trouble, people: new Map(), answer: null, messages: 0, arrived: 0, interval: 250, source: null });
  }

  open() {
    if (!this.source) {
      this.source = new EventSource("/api/live");
      this.source.addEventListener("live", (event) => this.take(JSON.parse(event.data)));
      this.source.addEventListener("trouble", (event) => this.trouble(new Error(JSON.parse(event.data).detail)));
      this.source.addEventListener("error", () => this.lost());
    }
  }

  // The browser connects again by itself, except after an answer that was no stream.
  lost() {
    this.trouble(new Error("The dashboard's server does not answer."));
    if (this.source?.readyState === EventSource.CLOSED) {
      this.close();
      this.later = setTimeout(() => this.open(), 3000);
    }
  }

  close() {
    clearTimeout(this.later);
    this.source?.close();
    this.source = null;
  }

  take(answer) {
    const now = performance.now();
    const moved = answer.at_ms !== this.answer?.at_ms || answer.run !== this.answer?.run;
    if (moved && this.arrived) {
      this.interval = 0.7 * this.interval + 0.3 * Math.min(Math.max(now - this.arrived, 100), 1500);
    }
    this.arrived = moved ? now : this.arrived;
    this.messages += 1;
    if (answer.run !== this.answer?.run) {
      this.people.clear();
    }
    this.answer = answer;
    this.move(answer.marks, now);
    this.trouble(null);
    this.changed(answer);
  }

  move(marks, now) {
    const seen = new Set(marks.map((mark) => mark.id));
    for (const [id, known] of this.people) {
      known.left = seen.has(id) ? null : (known.left ?? now);
      if (known.left !== null && now - known.left > FADE) {
        this.people.delete(id);
      }
    }
    for (const mark of marks) {
      const known = this.people.get(mark.id);
      const from = known ? this.place(known, now) : { x: mark.x, y: mark.y };
      const path = (known?.path ?? []).filter(([, , t]) => mark.t_ms - t < TRAIL && t < mark.t_ms);
      this.people.set(mark.id, { mark, from, since: now, born: known?.born ?? now, left: null, path: [...path, [mark.x, mark.y, mark.t_ms]] });
    }
  }

  place({ mark, from, since }, now) {
    const share = Math.min((now - since) / this.interval, 1);
    return { x: from.x + share * (mark.x - from.x), y: from.y + share * (mark.y - from.y) };
  }

  now() {
    return this.answer?.at_ms ?? 0;
  }

  // Everybody, as of this very moment on the wall.
  at() {
    const now = performance.now();
    return [...this.people.values()].map((known) => {
      const { x, y } = this.place(known, now);
      const alpha = known.left === null ? Math.min((now - known.born) / FADE + 0.2, 1) : Math.max(1 - (now - known.left) / FADE, 0);
      const trail = known.path.slice(0, -1).map(([px, py, t]) => [px, py, (known.mark.t_ms - t) / TRAIL]);
      return { ...known.mark, x, y, alpha, trail: [...trail, [x, y, 0]] };
    }).filter((person) => person.alpha > 0);
  }
}
