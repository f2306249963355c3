"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const SMALL = 384; // pixels: pictures that are narrower are enlarged by a whole factor
  const TRIES = 20;
  let models = [], limits = {}, picture = null, request = null, urls = {};

  const model = () => models.find((each) => each.name === at("model").value) || models[0];
  const output = () =>
    model().outputs.find((each) => each.name === at("output").value) || model().outputs[0];
  const say = (text) => { at("said").textContent = text; };
  const show = (id, wanted) => { at(id).hidden = !wanted; };

  // A blob under an address of its own; the one before under that name is let go.
  const keep = (name, blob) => {
    if (urls[name]) URL.revokeObjectURL(urls[name]);
    urls[name] = blob ? URL.createObjectURL(blob) : "";
    return urls[name];
  };

  const fill = (select, names) => {
    select.replaceChildren(...names.map((name) => new Option(name, name)));
  };

  // What is computed: a model, its output, and what that takes.
  const chooseModel = () => {
    fill(at("output"), model().outputs.map((each) => each.name));
    show("output-field", model().outputs.length > 1);
    chooseOutput();
  };

  const chooseOutput = () => {
    const now = output(), draws = !now.image;
    at("title").textContent = `${model().name} · ${model().title} ·`;
    at("expression").textContent = `${now.name} = ${now.expression}`;
    show("expression", true);
    at("labels").replaceChildren(...now.labels.map((label) => labelField(label, draws)));
    show("seed-field", now.seed);
    show("count-field", draws);
    show("model-field", models.length > 1);
    at("controls").hidden =
      !(models.length > 1 || model().outputs.length > 1 || now.labels.length || now.seed);
    at("invitation").textContent = draws ? "Images are drawn from nothing but random numbers"
      : "Drop a picture here, paste one, or choose a file";
    show("bounds", !draws);
    at("after-tag").textContent = now.name;
    forget();
    listExamples();
    if (!draws && picture) compute();
  };

  const labelField = (label, draws) => {
    const field = document.createElement("label"), select = document.createElement("select");
    fill(select, label.classes);
    if (draws) select.prepend(new Option("all in turn", ""));
    select.selectedIndex = 0;
    select.name = label.name;
    select.addEventListener("change", again);
    field.append(`Class ${label.name} `, select);
    return field;
  };

  const forget = () => {
    stop();
    for (const id of ["compare", "download", "facts", "error", "working"]) show(id, false);
    show("hint", true);
    at("stage").dataset.state = "empty";
    nameChoose();
  };

  const nameChoose = () => {
    const done = at("stage").dataset.state === "done";
    at("choose").textContent = !output().image ? (done ? "Draw others" : "Draw")
      : done ? "Another picture" : "Choose a picture";
    at("choose").classList.toggle("primary", !done || !output().image);
    at("download").classList.toggle("primary", done && !!output().image);
  };

  const again = () => {
    if (output().image ? picture : at("stage").dataset.state === "done") compute();
  };

  // Sends a form; follows the upload, the place in line and the tiles; tries again where all is busy.
  const send = (path, form, tries = TRIES) => new Promise((resolve, reject) => {
    const sent = new XMLHttpRequest();
    const key = [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, "0")).join("");
    form.set("job", key);
    let poll = 0;
    sent.upload.onprogress = (event) => progress("Sending", event.loaded / event.total);
    sent.upload.onload = () => {
      progress("Computing", null);
      poll = setInterval(() => follow(key), 500);
    };
    sent.onloadend = async () => {
      clearInterval(poll);
      if (sent.status === 200) return resolve(sent.response);
      const why = sent.status ? await reasonOf(sent.response) : "";
      if (sent.status === 503 && tries > 1 && request === sent) {
        progress("Many are waiting; trying again", null);
        const pause = 1000 * Number(sent.getResponseHeader("Retry-After") || 5);
        return setTimeout(() => {
          if (request === sent) send(path, form, tries - 1).then(resolve, reject);
          else reject(new Error(""));
        }, pause);
      }
      reject(new Error(request === sent ? why || "The program that serves this page is gone." : ""));
    };
    sent.open("POST", path);
    sent.responseType = "blob";
    request = sent;
    sent.send(form);
  });

  const reasonOf = async (blob) => {
    try {
      const { error } = JSON.parse(await blob.text());
      return `${error[0].toUpperCase()}${error.slice(1)}.`.replace(/\.\.$/, ".");
    } catch {
      return "";
    }
  };

  const follow = async (key) => {
    const reply = await fetch(`progress?job=${key}`).catch(() => null);
    if (!reply || !reply.ok || !request) return;
    const { ahead, share } = await reply.json();
    if (ahead === null) return;
    progress(ahead ? `Waiting: ${ahead} before yours` : "Computing", share);
  };

  const progress = (text, share) => {
    if (share === null) at("bar").removeAttribute("value");
    else at("bar").value = share;
    at("stage-of-work").textContent =
      share === null ? `${text} …` : `${text} ${Math.floor(100 * share)} %`;
  };

  const stop = () => {
    const sent = request;
    request = null;
    if (sent) sent.abort();
  };

  const fields = () => {
    const form = new FormData();
    form.set("model", model().name);
    form.set("output", output().name);
    for (const select of at("labels").querySelectorAll("select"))
      if (select.value !== "") form.set(select.name, select.value);
    if (output().seed) form.set("seed", at("seed").value || "0");
    if (output().image) form.set("image", picture, picture.name || "picture.png");
    else form.set("count", at("count").value || "1");
    return form;
  };

  const compute = async () => {
    stop();
    const before = at("stage").dataset.state, draws = !output().image, given = picture;
    at("stage").dataset.state = "working";
    show("error", false);
    show("working", true);
    progress(draws ? "Computing" : "Sending", null);
    say(draws ? "Computing" : "Translating");
    const start = performance.now();
    let own = null;
    try {
      const sending = send(draws ? "sample" : "translate", fields());
      own = request;
      const result = await sending;
      if (!draws && given !== picture) return;
      const seconds = (performance.now() - start) / 1000;
      await reveal(result, draws, seconds);
    } catch (error) {
      if (!error.message && request && request !== own) return; // another one is under way
      at("stage").dataset.state = before === "done" && !at("compare").hidden ? "done" : "empty";
      if (error.message) refuse(error.message);
      else say("Cancelled");
    }
    if (document.activeElement === at("cancel")) at("choose").focus();
    show("working", false);
    request = null;
    nameChoose();
  };

  const refuse = (sentence) => {
    at("error").textContent = sentence;
    show("error", true);
  };

  const load = (image, url) => new Promise((resolve) => {
    image.onload = () => resolve(true);
    image.onerror = () => resolve(false);
    image.src = url;
  });

  const reveal = async (result, draws, seconds) => {
    const after = at("after");
    await load(after, keep("result", result));
    const beside = !draws && (await showOriginal());
    const frame = at("compare"), width = after.naturalWidth, height = after.naturalHeight;
    const factor = draws ? 1 : Math.max(1, Math.floor(SMALL / Math.max(width, height)) || 1);
    frame.style.setProperty("--shape", width / height);
    frame.style.setProperty("--width", `${factor * width}px`);
    frame.classList.toggle("small", factor > 1);
    frame.classList.toggle("alone", !beside);
    for (const id of ["before", "divider", "before-tag"]) show(id, beside);
    show("after-tag", !draws);
    after.alt = draws ? "Images that were drawn" : `Result ${output().name}`;
    move(50);
    show("hint", false);
    show("compare", true);
    const name = draws ? "sample" : (picture.name || "picture").replace(/\.[^.]*$/, "");
    at("download").href = urls.result;
    at("download").download = `${name}-${output().name}.png`;
    show("download", true);
    at("facts").textContent = `${width} × ${height} px, in ${seconds.toFixed(1)} s`;
    show("facts", true);
    at("stage").dataset.state = "done";
    say(`Done: ${width} by ${height} pixels`);
  };

  // The file itself where the browser can show it, else as the program reads it.
  const showOriginal = async () => {
    if (await load(at("before"), keep("original", picture))) return true;
    try {
      return await load(at("before"), keep("original", await send("original", fields())));
    } catch {
      return false;
    }
  };

  // The divider.
  const move = (cut) => {
    const share = Math.max(0, Math.min(100, cut)), divider = at("divider");
    at("compare").style.setProperty("--cut", `${share}%`);
    divider.setAttribute("aria-valuenow", Math.round(share));
    divider.setAttribute("aria-valuetext", `${Math.round(share)} % original`);
  };
  const drag = (event) => {
    const box = at("compare").getBoundingClientRect();
    if (event.buttons & 1 && !at("divider").hidden)
      move((100 * (event.clientX - box.left)) / box.width);
  };
  const keys = (event) => {
    const now = Number(at("divider").getAttribute("aria-valuenow"));
    const steps = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };
    const ends = { Home: 0, End: 100 };
    if (event.key in steps) move(now + steps[event.key]);
    else if (event.key in ends) move(ends[event.key]);
    else return;
    event.preventDefault();
  };

  const take = (file) => {
    if (!file || !output().image) return;
    if (file.size > limits.upload_bytes) {
      const most = Math.floor(limits.upload_bytes / 2 ** 20);
      return refuse(`${file.name} is larger than the ${most} MB that are taken here.`);
    }
    picture = file;
    compute();
  };

  const listExamples = async () => {
    const wanted = `model=${encodeURIComponent(model().name)}&output=${encodeURIComponent(output().name)}`;
    show("examples", false);
    if (!output().image) return;
    const reply = await fetch(`examples?${wanted}`).catch(() => null);
    if (!reply || !reply.ok) return;
    const { examples } = await reply.json();
    if (!wanted.endsWith(encodeURIComponent(output().name))) return;
    at("thumbnails").replaceChildren(...examples.map(thumbnail));
    show("examples", examples.length > 0);
  };

  const thumbnail = (url, number) => {
    const button = document.createElement("button"), image = document.createElement("img");
    button.type = "button";
    image.src = url;
    image.alt = `Example ${number + 1}`;
    button.append(image);
    button.addEventListener("click", async () => {
      const reply = await fetch(url);
      if (reply.ok) take(new File([await reply.blob()], `example-${number + 1}.png`, { type: "image/png" }));
    });
    return button;
  };

  const listen = () => {
    at("model").addEventListener("change", chooseModel);
    at("output").addEventListener("change", chooseOutput);
    at("seed").addEventListener("change", again);
    at("count").addEventListener("change", again);
    at("controls").addEventListener("submit", (event) => event.preventDefault());
    at("dice").addEventListener("click", anotherSeed);
    at("cancel").addEventListener("click", stop);
    at("choose").addEventListener("click", () => {
      if (output().image) return at("file").click();
      if (at("stage").dataset.state === "done") return anotherSeed();
      compute();
    });
    at("file").addEventListener("change", () => {
      take(at("file").files[0]);
      at("file").value = "";
    });
    at("divider").addEventListener("keydown", keys);
    at("compare").addEventListener("pointerdown", (event) => {
      if (at("divider").hidden) return;
      event.preventDefault();
      at("compare").setPointerCapture(event.pointerId);
      at("divider").focus({ focusVisible: false });
      drag(event);
    });
    at("compare").addEventListener("pointermove", drag);
    document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      at("stage").classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) at("stage").classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      at("stage").classList.remove("over");
      take(event.dataTransfer.files[0]);
    });
  };

  const anotherSeed = () => {
    at("seed").value = (Number(at("seed").value) + 1) % 2 ** 32;
    if (output().image ? picture : true) compute();
  };

  const begin = async () => {
    const reply = await fetch("models").catch(() => null);
    if (!reply || !reply.ok) {
      at("title").textContent = "The program that serves this page is gone.";
      return;
    }
    ({ models, limits } = await reply.json());
    fill(at("model"), models.map((each) => each.name));
    at("count").max = limits.samples;
    at("bounds").textContent = `JPEG, PNG, WebP, TIFF and more, up to ${Math.floor(limits.upload_bytes / 2 ** 20)} MB`
      + ` and ${Math.floor(limits.pixels / 1e6)} million pixels`;
    show("stage", true);
    listen();
    chooseModel();
  };
  begin();
})();
