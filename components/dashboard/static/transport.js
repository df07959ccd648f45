// The replay's controls: play, pause, step, slide, speed, by mouse, finger and keyboard.

import { byId, element, write } from "./element.js";
import { duration, localTime } from "./times.js";

const SPEEDS = [1, 2, 5, 10];
const [PLAY, PAUSE] = ["M8 5v14l11-7z", "M7 5h4v14H7zM13 5h4v14h-4z"];

export class Transport {
  constructor(clock, changed, toggleMode) {
    Object.assign(this, { clock, changed, toggleMode, slider: byId("slider"), enabled: false });
    byId("play").addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value) + clock.start));
    for (const speed of SPEEDS) {
      const button = element("button", { type: "button", "data-testid": `speed-${speed}`, "aria-pressed": "false", "aria-label": `${speed} times as fast` }, `${speed}×`);
      button.addEventListener("click", () => this.speed(speed));
      byId("speeds").append(button);
    }
    addEventListener("keydown", (event) => this.key(event));
  }

  enable(enabled) {
    this.enabled = enabled;
    byId("transport").setAttribute("aria-disabled", String(!enabled));
    document.querySelectorAll("#transport button, #transport input").forEach((control) => { control.disabled = !enabled; });
  }

  toggle() {
    if (this.enabled) {
      this.clock.toggle();
      this.changed();
    }
  }

  speed(speed) {
    this.clock.speed = speed;
    this.changed();
  }

  seek(moment) {
    this.clock.seek(moment);
    this.changed();
  }

  key(event) {
    const inside = event.target.closest("button, select, a, textarea, dialog, input:not([type=range])");
    if (event.ctrlKey || event.altKey || event.metaKey || (inside && !event.key.startsWith("Arrow")) || event.target.closest("select, dialog, input:not([type=range])")) {
      return;
    }
    const second = event.shiftKey ? 10000 : 1000;
    const actions = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.enabled && this.seek(this.clock.now - second),
      ArrowRight: () => this.enabled && this.seek(this.clock.now + second),
      Home: () => this.enabled && this.seek(this.clock.start),
      End: () => this.enabled && this.seek(this.clock.end),
      l: () => this.toggleMode(),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  }

  show() {
    const { start, end, now, playing, speed } = this.clock;
    this.slider.max = Math.max(end - start, 1);
    this.slider.value = now - start;
    this.slider.setAttribute("aria-valuetext", localTime(now));
    write(byId("elapsed"), duration(now - start));
    write(byId("length"), duration(end - start));
    byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
    byId("play-shape").setAttribute("d", playing ? PAUSE : PLAY);
    document.querySelectorAll("#speeds button").forEach((button, i) => button.setAttribute("aria-pressed", String(SPEEDS[i] === speed)));
  }
}
