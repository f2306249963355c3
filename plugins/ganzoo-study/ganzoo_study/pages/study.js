"use strict";

// What the page measured, for whoever wants to look (tests do): a record a trial.
window.study = { trials: [] };

const SMALLEST = 256; // pixels on the screen: smaller images are enlarged by a whole factor
const ATTEMPTS = 5;

const find = (selector) => document.querySelector(selector);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const nextFrame = () => new Promise((done) => requestAnimationFrame(done));

class Refused extends Error {}
class Interrupted extends Error {}

// ---- The server. An answer may be sent twice: only the first one counts.

async function ask(path, message) {
  const options = message && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(message),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await fetch(path, { cache: "no-store", ...options });
      if (reply.ok) return await reply.json();
      if (reply.status < 500) throw new Refused(`${path}: ${reply.status}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    if (attempt === ATTEMPTS) throw new Error(`${path}: no reply`);
    await pause(200 * 2 ** attempt);
  }
}

// ---- What is seen: one section at a time.

function show(name) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== name;
  const target = find(`#${name} [data-do]`) || find(`#${name} h2`);
  if (target) target.focus();
}

function say(text) {
  find("#said").textContent = text;
}

function showProgress(state) {
  const word = { practice: "Practice", scored: "Trial" }[state.phase];
  const of = state.phase === "practice" ? state.practice : state.trials;
  find("#progress").textContent = word ? `${word} ${state.done + 1} of ${of}` : "";
}

function showPause(title, text, button = "Go on") {
  find("#pause h2").textContent = title;
  find("#pause p").textContent = text;
  find("#pause button").textContent = button;
  show("pause");
  say(`${title} ${text}`);
}

const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function showStart(state) {
  const practice = `${many(state.practice, "trial")} for practice, which tell you whether you were right, then `;
  find("#seconds").textContent = many(state.exposure / 1000, "second");
  find("#parts").textContent =
    `There will be ${state.practice ? practice : ""}${many(state.trials, "trial")} that do not.`;
  if (!state.practice) find("#parts").textContent = `There will be ${many(state.trials, "trial")}.`;
  show("start");
}

// Where a participant is, after a reload or between practice and the rest.
function enter(state) {
  showProgress(state);
  if (state.phase === "new") showStart(state);
  else if (state.phase === "end") finish();
  else showPause("Welcome back", "You have begun already. It goes on where you were.");
}

function finish() {
  find("#progress").textContent = "";
  show("end");
}

// ---- A trial: both images are decoded before it begins, then it is timed by the display's frames.

async function load(ticket) {
  const image = new Image();
  image.alt = "";
  image.src = `/image/${ticket}`;
  await image.decode();
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

let answered = null; // resolves the question that is open

function question(seen) {
  find("#memory").hidden = seen;
  show("question");
  const asked = performance.now();
  return new Promise((done) => {
    answered = (choice) => {
      answered = null;
      show("stage");
      done({ choice, response: performance.now() - asked });
    };
  });
}

async function trial() {
  say("");
  show("stage");
  const state = await ask("/api/trial", {});
  showProgress(state);
  if (state.phase === "end") return finish();
  let measured = { exposures: null, frame: null };
  if (state.images) {
    const images = await Promise.all(state.images.map(load));
    place(images, state);
    measured = await expose(images, state);
  }
  const given = { trial: state.trial, ...measured, ...(await question(state.images !== null)) };
  window.study.trials.push({ phase: state.phase, ...given });
  return after(given.choice, await ask("/api/answer", given));
}

function after(choice, state) {
  if (state.right === null) return state.phase === "end" ? finish() : trial();
  const fake = (choice === 1) === state.right ? "first" : "second";
  const text = `The ${fake} picture was fake.`;
  const last = state.phase !== "practice";
  const rest = ` Practice is over: from here on you are not told. ${many(state.trials, "trial")} to come.`;
  return showPause(state.right ? "Right" : "Wrong", last ? text + rest : text, last ? "Begin" : "Next");
}

// ---- What people do.

let busy = false; // a second click on Start would show the pair a second time

async function run(action) {
  if (busy) return;
  busy = true;
  try {
    await action();
  } catch (error) {
    if (error instanceof Interrupted) {
      showPause("You left the page", "The pair will be shown once more.");
    } else {
      console.warn(error);
      show("trouble");
    }
  } finally {
    busy = false;
  }
}

const actions = {
  start: async () => { await ask("/api/start", {}); await trial(); },
  trial,
  again: async () => enter(await ask("/api/state")),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.choice && answered) answered(Number(button.dataset.choice));
  if (button.dataset.do) run(actions[button.dataset.do]);
});

const KEYS = { 1: 1, ArrowLeft: 1, 2: 2, ArrowRight: 2 };

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (answered && KEYS[event.key]) {
    event.preventDefault();
    answered(KEYS[event.key]);
  } else if ((event.key === "Enter" || event.key === " ") && !event.target.closest("button")) {
    const button = find("section:not([hidden]) [data-do]");
    if (button) { event.preventDefault(); button.click(); }
  }
});

run(actions.again);
