"use strict";

// Shows a pair: both images are decoded before it begins, then it is timed by the display's frames.

const SMALLEST = 256; // pixels on the screen: smaller images are enlarged by a whole factor

const nextFrame = () => new Promise((done) => requestAnimationFrame(done));

class Interrupted extends Error {}

async function load(ticket) {
  const image = new Image();
  image.alt = "";
  image.src = URL.createObjectURL(await (await ask(`image/${ticket}`)).blob());
  await image.decode();
  URL.revokeObjectURL(image.src);
  return image;
}

function place(images, state) {
  const stage = find("#stage");
  const factor = Math.max(1, Math.ceil(SMALLEST / Math.max(state.width, state.height)));
  stage.classList.toggle("enlarged", factor > 1);
  stage.style.setProperty("--width", `${state.width * factor}px`);
  stage.style.setProperty("--shape", state.width / state.height);
  stage.replaceChildren(...images);
}

class Clock {
  constructor() {
    this.frames = [];
    this.hidden = document.hidden;
    this.watch = () => { this.hidden = true; };
    document.addEventListener("visibilitychange", this.watch);
  }

  async tick() {
    const now = await nextFrame();
    if (this.hidden) throw new Interrupted();
    this.frames.push(now);
    return now;
  }

  // The time between two frames: the median of those seen.
  get frame() {
    const gaps = this.frames.slice(1).map((time, i) => time - this.frames[i]).sort((a, b) => a - b);
    return gaps.length ? gaps[gaps.length >> 1] : 1000 / 60;
  }

  // Wait for the frame that is nearest to so many milliseconds after a time.
  async until(time) {
    for (;;) {
      const now = await this.tick();
      if (now >= time - this.frame / 2) return now;
    }
  }

  stop() {
    document.removeEventListener("visibilitychange", this.watch);
  }
}

// Show both images; how long each was seen, from the frame that shows it to the one that hides it.
async function expose(images, state) {
  const clock = new Clock();
  const exposures = [];
  try {
    let now = await clock.tick();
    for (const image of images) {
      now = await clock.until(now + state.blank);
      image.classList.add("shown");
      const shown = now;
      now = await clock.until(shown + state.exposure);
      image.classList.remove("shown");
      exposures.push(now - shown);
    }
    await clock.until(now + state.blank);
    return { exposures, frame: clock.frame };
  } finally {
    clock.stop();
    find("#stage").replaceChildren();
  }
}
