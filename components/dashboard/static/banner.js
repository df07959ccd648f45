// What is wrong, said once and loudly, until it is not wrong any more.

import { byId, write } from "./element.js";

export class Banner {
  constructor() {
    this.wrong = new Map(); // who found it -> sentence
  }

  // `error` null: whoever complained before is content again.
  say(who, error) {
    if (error) {
      this.wrong.set(who, error.message);
    } else {
      this.wrong.delete(who);
    }
    const [sentence] = this.wrong.values();
    byId("banner").hidden = !sentence;
    write(byId("banner-title"), sentence ? "What you see may be out of date; trying again by itself." : "");
    write(byId("banner-detail"), sentence ?? "");
  }
}
