// The replay's clock: a moment of fleet time that runs at a chosen speed between two ends.

export class Clock {
  constructor() {
    [this.start, this.end, this.now, this.speed, this.playing] = [0, 0, 0, 1, false];
  }

  span(start, end) {
    [this.start, this.end] = [start, end];
    this.seek(this.now);
  }

  seek(moment) {
    this.now = Math.min(Math.max(moment, this.start), this.end);
  }

  // Playing on from the end begins again.
  toggle() {
    this.playing = !this.playing;
    if (this.playing && this.now >= this.end) {
      this.now = this.start;
    }
  }

  advance(elapsed) {
    if (this.playing) {
      this.seek(this.now + elapsed * this.speed);
      this.playing = this.now < this.end;
    }
  }
}
