// The replay's memory: windows of a run, fetched ahead of the clock, and who was where at any moment in them.

import { ask } from "./api.js";

const LENGTH = 15000; // ms of fleet time in a window
const AHEAD = 6; // seconds on the wall for which windows are fetched ahead
const MOST = 16; // windows kept
const GAP = 1200; // ms without a sample over which a mark still walks on
const TRAIL = 3000; // ms

export class Timeline {
  constructor(run, trouble) {
    Object.assign(this, { run, trouble, windows: new Map(), asked: new Set(), fetched: 0, retry: 0 });
  }

  index(moment) {
    return Math.floor((moment - this.run.start_ms) / LENGTH);
  }

  loaded(moment) {
    return this.windows.has(this.index(moment));
  }

  // Fetch what the clock needs now and will need next.
  follow(clock) {
    if (performance.now() < this.retry) {
      return;
    }
    const first = this.index(clock.now);
    const last = Math.min(this.index(clock.now + AHEAD * 1000 * clock.speed), this.index(this.run.end_ms), first + MOST - 4);
    for (let i = first; i <= Math.max(first, last) && this.asked.size < 2; i++) {
      if (!this.windows.has(i) && !this.asked.has(i)) {
        this.fetch(i);
      }
    }
    this.forget(first);
  }

  async fetch(i) {
    this.asked.add(i);
    const from = this.run.start_ms + i * LENGTH;
    try {
      const answer = await ask(`/api/runs/${this.run.run}/frames?from=${from}&to=${from + LENGTH}`);
      this.windows.set(i, { step: answer.step_ms, zones: answer.zones, trails: new Map(answer.trails.map((trail) => [trail.id, trail])) });
      this.fetched += 1;
      this.trouble(null);
    } catch (error) {
      this.retry = performance.now() + 2000;
      this.trouble(error);
    } finally {
      this.asked.delete(i);
    }
  }

  // A run that is still at work writes on: its last window is asked for again.
  grow(end) {
    const last = this.index(this.run.end_ms);
    if (end !== this.run.end_ms && this.windows.has(last) && !this.asked.has(last)) {
      this.fetch(last);
    }
    this.run.end_ms = end;
  }

  forget(first) {
    for (const i of [...this.windows.keys()].sort((a, b) => Math.abs(b - first) - Math.abs(a - first))) {
      if (this.windows.size <= MOST) {
        return;
      }
      this.windows.delete(i);
    }
  }

  // Everybody at `moment`, between the two samples around it.
  at(moment) {
    const i = this.index(moment);
    const near = [i - 1, i, i + 1].map((n) => this.windows.get(n)).filter(Boolean);
    const ids = new Set(near.flatMap((window) => [...window.trails.keys()]));
    return [...ids].map((id) => this.person(id, near, moment)).filter(Boolean);
  }

  person(id, near, moment) {
    let [before, after] = [null, null];
    for (const window of near) {
      const trail = window.trails.get(id);
      const at = trail ? upper(trail.t_ms, moment) : 0;
      if (trail && at > 0) {
        before = { trail, window, i: at - 1 };
      }
      if (trail && at < trail.t_ms.length && !after) {
        after = { trail, window, i: at };
      }
    }
    if (!before) {
      return null;
    }
    const { trail, window, i } = before;
    const age = moment - trail.t_ms[i];
    const gap = after ? after.trail.t_ms[after.i] - trail.t_ms[i] : Infinity;
    const [longest, linger] = [Math.max(GAP, 2.5 * window.step), 1.5 * window.step];
    if (gap > longest && age > linger) {
      return null;
    }
    const share = gap <= longest ? age / gap : 0;
    const between = (name) => trail[name][i] + share * ((after?.trail[name][after.i] ?? 0) - trail[name][i]);
    const still = (name) => (share ? between(name) : trail[name][i]);
    return {
      id, person: trail.person, role: trail.role, confidence: trail.confidence, cameras: trail.cameras, reason: trail.reason,
      x: still("x"), y: still("y"), uncertainty: still("uncertainty"), zone: window.zones[trail.zone[i]],
      alpha: gap <= longest ? 1 : 1 - age / linger, trail: this.behind(id, near, moment),
    };
  }

  // Where somebody came from: [x, y, age 0..1], oldest first.
  behind(id, near, moment) {
    const points = [];
    for (const window of near) {
      const trail = window.trails.get(id);
      for (let i = trail ? upper(trail.t_ms, moment - TRAIL) : 0; trail && i < trail.t_ms.length && trail.t_ms[i] <= moment; i++) {
        points.push([trail.x[i], trail.y[i], (moment - trail.t_ms[i]) / TRAIL]);
      }
    }
    return points;
  }
}

// The number of entries of the sorted `values` that are at most `value`.
function upper(values, value) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    [low, high] = values[middle] <= value ? [middle + 1, high] : [low, middle];
  }
  return low;
}
