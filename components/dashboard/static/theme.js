// Light or dark: what the system says, until somebody chooses; and the colours' names for the canvas.

const NAMES = ["card", "line", "text", "soft", "accent", "wall", "ground", "room", "corridor", "desk", "rim", "unknown", "alarm"];

export class Theme {
  constructor(button, changed) {
    this.root = document.documentElement;
    this.system = matchMedia("(prefers-color-scheme: dark)");
    const chosen = localStorage.getItem("wardflow-theme");
    if (chosen === "light" || chosen === "dark") {
      this.root.dataset.theme = chosen;
    }
    button.addEventListener("click", () => {
      this.root.dataset.theme = this.dark ? "light" : "dark";
      localStorage.setItem("wardflow-theme", this.root.dataset.theme);
      changed();
    });
    this.system.addEventListener("change", changed);
  }

  get dark() {
    return (this.root.dataset.theme ?? (this.system.matches ? "dark" : "light")) === "dark";
  }

  // name -> colour as the canvas understands it
  colours() {
    const probe = document.body.appendChild(document.createElement("i"));
    const found = {};
    for (const name of NAMES) {
      probe.style.color = `var(--${name})`;
      found[name] = getComputedStyle(probe).color;
    }
    probe.remove();
    return found;
  }
}
