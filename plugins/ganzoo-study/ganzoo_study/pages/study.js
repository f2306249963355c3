"use strict";

// What the page measured, for whoever wants to look (tests do): a record a trial.
window.study = { trials: [] };

// ---- What is seen: one section at a time.

function show(name) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== name;
  // What is long is read from its top.
  const target = find(`#${name}:not(.reading) [data-do]`) || find(`#${name} h2`);
  if (target) target.focus();
}

function say(text) {
  find("#said").textContent = text;
}

function showProgress(state) {
  const text = { practice: texts.practice_progress, scored: texts.trial_progress }[state.phase];
  const count = state.phase === "practice" ? state.practice : state.trials;
  find("#progress").textContent = text ? fill(text, { number: state.done + 1, count }) : "";
}

function showPause(title, text, button = texts.go_on) {
  find("#pause h2").textContent = title;
  find("#pause p").textContent = text;
  find("#pause button").textContent = button;
  show("pause");
  say(`${title} ${text}`);
}

function showInstructions(preview) {
  find("#parts").textContent = fill(numbers.practice ? texts.with_practice : texts.without_practice);
  find("#preview").hidden = !preview;
  find("#start button").hidden = preview;
  show("start");
}

function showRefused(reason) {
  find("#refused h2").textContent = texts[`${reason}_title`];
  find("#refused p").textContent = texts[reason];
  show("refused");
}

// Where a participant is, after a reload or between practice and the rest.
function enter(state) {
  showProgress(state);
  if (state.phase === "new") show("consent");
  else if (state.phase === "preview") showInstructions(true);
  else if (state.phase === "already" || state.phase === "stranger") showRefused(state.phase);
  else if (state.phase === "end") finish(state);
  else showPause(texts.back_title, texts.back);
}

function finish(state) {
  find("#progress").textContent = "";
  find("#finish").hidden = !state.code;
  if (state.code) showWayBack(state);
  show("end");
}

// The completion code, and the ways back to the platform that the study allows.
function showWayBack({ code, submit, link }) {
  find("#code").textContent = code;
  find("#submit").hidden = !submit;
  find("#return").hidden = !link;
  if (link) find("#return a").href = link;
  if (!submit) return;
  find("#submit").action = submit.to;
  for (const [name, value] of Object.entries(submit.fields)) {
    const field = find(`#submit [name="${name}"]`) || document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    find("#submit").append(field);
  }
}

// ---- A trial.

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
  const state = await askJson("api/trial", {});
  showProgress(state);
  if (state.phase === "end") return finish(state);
  let measured = { exposures: null, frame: null };
  if (state.images) {
    const images = await Promise.all(state.images.map(load));
    place(images, state);
    measured = await expose(images, state);
  }
  const given = { trial: state.trial, ...measured, ...(await question(state.images !== null)) };
  window.study.trials.push({ phase: state.phase, ...given });
  return after(given.choice, await askJson("api/answer", given));
}

function after(choice, state) {
  if (state.right === null) return state.phase === "end" ? finish(state) : trial();
  const text = (choice === 1) === state.right ? texts.first_was_fake : texts.second_was_fake;
  const last = state.phase !== "practice";
  const rest = fill(texts.practice_is_over, { count: state.trials });
  const title = state.right ? texts.right : texts.wrong;
  return showPause(title, last ? `${text} ${rest}` : text, last ? texts.begin : texts.next);
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
      showPause(texts.left_title, texts.left);
    } else {
      console.warn(error);
      show("trouble");
    }
  } finally {
    busy = false;
  }
}

const actions = {
  agree: async () => showInstructions(false),
  start: async () => {
    const state = await askJson("api/start", { consent });
    if (state.key) keep(state.key);
    if (state.phase === "practice" || state.phase === "scored") await trial();
    else enter(state);
  },
  trial,
  again: async () => {
    recall();
    await fetchTexts();
    enter(await askJson("api/state"));
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.choice && answered) answered(Number(button.dataset.choice));
  if (button.dataset.do) run(actions[button.dataset.do]);
});

const back = document.documentElement.dir === "rtl"; // then the first button is on the right
const KEYS = { 1: 1, 2: 2, ArrowLeft: back ? 2 : 1, ArrowRight: back ? 1 : 2 };

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (answered && KEYS[event.key]) {
    event.preventDefault();
    answered(KEYS[event.key]);
  } else if ((event.key === "Enter" || event.key === " ") && !event.target.closest("button")) {
    // Nobody agrees by a key that was meant for something else.
    const button = find("section:not([hidden], #consent) [data-do]:not([hidden])");
    if (button) { event.preventDefault(); button.click(); }
  }
});

run(actions.again);
