"use strict";

// Sends forms, one at a time: follows the upload, the place in line and the tiles, and tries again
// where all is busy. `report(text, share)` is told how far it is; share is null where that is unknown.
function makeSender(report) {
  const TRIES = 20, PAUSE = 500;
  let current = null;

  const send = (path, form) => {
    stop();
    const ticket = (current = {});
    return attempt(ticket, path, form, TRIES).finally(() => {
      if (current === ticket) current = null;
    });
  };

  const stop = () => {
    const ticket = current;
    current = null;
    if (ticket && ticket.request) ticket.request.abort();
  };

  const attempt = (ticket, path, form, tries) => new Promise((resolve, reject) => {
    const request = (ticket.request = new XMLHttpRequest()), key = makeKey();
    let poll = 0;
    form.set("job", key);
    request.upload.onprogress = (event) => report("Sending", event.loaded / event.total);
    request.upload.onload = () => {
      report("Computing", null);
      poll = setInterval(() => follow(ticket, key), PAUSE);
    };
    request.onloadend = async () => {
      clearInterval(poll);
      if (current !== ticket) return reject(new Error(""));
      if (request.status === 200) return resolve(request.response);
      if (request.status === 503 && tries > 1) {
        report("Many are waiting; trying again", null);
        await wait(1000 * Number(request.getResponseHeader("Retry-After") || 5));
        if (current !== ticket) return reject(new Error(""));
        return attempt(ticket, path, form, tries - 1).then(resolve, reject);
      }
      const why = request.status ? await readReason(request.response) : "";
      return reject(new Error(why || "The program that serves this page is gone."));
    };
    request.open("POST", path);
    request.responseType = "blob";
    request.send(form);
  });

  const follow = async (ticket, key) => {
    const reply = await fetch(`progress?job=${key}`).catch(() => null);
    if (!reply || !reply.ok) return;
    const { ahead, share } = await reply.json();
    if (current === ticket && ahead !== null)
      report(ahead ? `Waiting: ${ahead} before yours` : "Computing", share);
  };

  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  const makeKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const readReason = async (blob) => {
    try {
      return `${JSON.parse(await blob.text()).error}.`.replace(/([.?!])\.$/, "$1");
    } catch {
      return "";
    }
  };

  return { send, stop };
}
