"use strict";

// Requests and sentences, for study.js.

const ATTEMPTS = 5;

const find = (selector) => document.querySelector(selector);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class Refused extends Error {}

// ---- Where one came from. A platform may show this page in a frame, where browsers keep no
// cookies: then the address holds all that is needed, and the tab keeps the participant's key.

const query = new URLSearchParams(location.search);
let key = null;

function keep(given) {
  key = given;
  try { sessionStorage.setItem(location.search, given); } catch { /* kept until the page is left */ }
}

function recall() {
  try { key ??= sessionStorage.getItem(location.search); } catch { /* nothing is kept here */ }
}

function headers() {
  const named = { "X-Ganzoo-Token": query.get("token"), "X-Ganzoo-Key": key };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value));
}

// ---- The server. An answer may be sent twice: only the first one counts.

async function ask(path, message) {
  const options = message && {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers() },
    body: JSON.stringify(message),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await fetch(path + location.search, { cache: "no-store", headers: headers(), ...options });
      if (reply.ok) return reply;
      if (reply.status < 500) throw new Refused(`${path}: ${reply.status}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    if (attempt === ATTEMPTS) throw new Error(`${path}: no reply`);
    await pause(200 * 2 ** attempt);
  }
}

const askJson = async (path, message) => (await ask(path, message)).json();

// ---- What is read: the study's own sentences, in its language.

let texts = {};
let numbers = {};
let consent = "";

async function fetchTexts() {
  ({ texts, numbers, consent } = await askJson("api/texts"));
  for (const place of document.querySelectorAll("[data-text]")) write(place, texts[place.dataset.text]);
  for (const place of document.querySelectorAll("[data-label]")) {
    place.setAttribute("aria-label", texts[place.dataset.label]);
  }
}

// Words in braces become numbers, as the language writes them.
function fill(text, values = numbers) {
  const language = document.documentElement.lang;
  return text.replace(/\{(\w+)\}/g, (word, name) =>
    name in values ? values[name].toLocaleString(language) : word);
}

// A text; in a block, an empty line begins a new paragraph.
function write(place, text) {
  if (place.localName !== "div") {
    place.textContent = fill(text);
    return;
  }
  place.replaceChildren(...text.split(/\n\s*\n/).map((some) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = fill(some);
    return paragraph;
  }));
}
