"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const SMALL = 384; // pixels: smaller pictures are enlarged by a whole factor
  const touched = matchMedia("(pointer: coarse)").matches;
  const urls = {};
  // picture: the file that is computed. shown: the file whose result is seen.
  let models = [], limits = {}, picture = null, shown = null;

  const model = () => models.find((each) => each.name === at("model").value) || models[0];
  const output = () =>
    model().outputs.find((each) => each.name === at("output").value) || model().outputs[0];
  const state = () => at("stage").dataset.state;
  const show = (id, wanted) => { at(id).hidden = !wanted; };
  const say = (text) => { at("said").textContent = text; };
  const fill = (select, names) =>
    select.replaceChildren(...names.map((name) => new Option(name, name)));

  // An address for a blob; the one before under that name is let go.
  const hold = (name, blob) => {
    if (urls[name]) URL.revokeObjectURL(urls[name]);
    return (urls[name] = URL.createObjectURL(blob));
  };

  const report = (text, share) => {
    if (share === null) at("bar").removeAttribute("value");
    else at("bar").value = share;
    at("stage-of-work").textContent =
      share === null ? `${text} …` : `${text} ${Math.floor(100 * share)} %`;
  };
  const sender = makeSender(report), moveDivider = makeDivider(at("compare"), at("divider"));

  // What is computed: a model, its output, and what that takes.
  const chooseModel = () => {
    fill(at("output"), model().outputs.map((each) => each.name));
    chooseOutput();
  };

  const chooseOutput = () => {
    const now = output(), draws = !now.image, { name, title } = model();
    at("title").textContent = title.startsWith(name) ? title : `${name}: ${title}`;
    at("expression").textContent = `${now.name} = ${now.expression}`;
    at("labels").replaceChildren(...now.labels.map((label) => makeLabel(label, draws)));
    at("after-tag").textContent = now.name;
    at("invitation").textContent = draws ? "These images are drawn from random numbers"
      : touched ? "Choose a picture, or take one"
      : "Drop a picture here, paste one, or choose a file";
    show("expression", true);
    show("model-field", models.length > 1);
    show("output-field", model().outputs.length > 1);
    show("count-field", draws);
    show("seed-field", now.seed);
    show("bounds", !draws);
    show("controls", models.length > 1 || model().outputs.length > 1 || now.labels.length || now.seed);
    clear();
    listExamples();
    again();
  };

  const makeLabel = (label, draws) => {
    const field = document.createElement("label"), select = document.createElement("select");
    fill(select, label.classes);
    if (draws) select.prepend(new Option("all in turn", ""));
    select.selectedIndex = 0;
    select.name = label.name;
    select.addEventListener("change", again);
    field.append(`Class ${label.name} `, select);
    return field;
  };

  const clear = () => {
    compute.turn = null;
    sender.stop();
    for (const id of ["compare", "download", "facts", "error", "working"]) show(id, false);
    show("hint", true);
    settle("empty");
  };

  const settle = (now) => {
    at("stage").dataset.state = now;
    const done = now === "done", draws = !output().image;
    at("choose").textContent = draws ? (done ? "Draw others" : "Draw")
      : done ? "Another picture" : "Choose a picture";
    at("choose").classList.toggle("primary", !done || draws);
    at("download").classList.toggle("primary", done && !draws);
  };

  const again = () => {
    if (output().image ? picture : state() === "done") compute();
  };

  const anotherSeed = () => {
    at("seed").value = (Number(at("seed").value) + 1) % 2 ** 32;
    again();
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
    const before = at("compare").hidden ? "empty" : "done", draws = !output().image;
    const turn = (compute.turn = {}), start = performance.now();
    settle("working");
    show("error", false);
    show("working", true);
    report(draws ? "Computing" : "Sending", null);
    say("Computing");
    let after = before;
    try {
      const result = await sender.send(draws ? "sample" : "translate", fields());
      if (compute.turn === turn) await reveal(result, draws, (performance.now() - start) / 1000);
      after = "done";
    } catch (error) {
      if (compute.turn !== turn) return; // another one is under way
      picture = shown;
      if (error.message) refuse(error.message);
      else say("Cancelled");
    }
    if (compute.turn !== turn) return;
    if (document.activeElement === at("cancel")) at("choose").focus();
    show("working", false);
    settle(after);
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
    const after = at("after"), frame = at("compare");
    await load(after, hold("result", result));
    const beside = !draws && (await showOriginal());
    const width = after.naturalWidth, height = after.naturalHeight;
    const factor = draws ? 1 : Math.max(1, Math.floor(SMALL / Math.max(width, height)));
    frame.style.setProperty("--shape", width / height);
    frame.style.setProperty("--width", `${factor * width}px`);
    frame.classList.toggle("small", factor > 1);
    frame.classList.toggle("alone", !beside);
    for (const id of ["before", "divider", "before-tag"]) show(id, beside);
    show("after-tag", !draws);
    after.alt = draws ? "Images that were drawn" : `Result ${output().name}`;
    moveDivider(50);
    const name = draws ? "sample" : (picture.name || "picture").replace(/\.[^.]*$/, "");
    at("download").href = urls.result;
    at("download").download = `${name}-${output().name}.png`;
    at("facts").textContent = `${width} × ${height} px, in ${seconds.toFixed(1)} s`;
    show("hint", false);
    for (const id of ["compare", "download", "facts"]) show(id, true);
    shown = picture;
    say(`Done: ${width} by ${height} pixels`);
  };

  // The file itself where the browser can show it, else as the program reads it.
  const showOriginal = async () => {
    if (await load(at("before"), hold("original", picture))) return true;
    try {
      return await load(at("before"), hold("original", await sender.send("original", fields())));
    } catch {
      return false;
    }
  };

  const take = (file) => {
    if (!file || !output().image) return;
    if (file.size > limits.upload_bytes) {
      const most = Math.floor(limits.upload_bytes / 2 ** 20);
      refuse(`${file.name} is larger than the ${most} MB that are taken here.`);
      return;
    }
    picture = file;
    compute();
  };

  const listExamples = async () => {
    const now = output(), names = { model: model().name, output: now.name };
    show("examples", false);
    if (!now.image) return;
    const reply = await fetch(`examples?${new URLSearchParams(names)}`).catch(() => null);
    const { examples } = reply && reply.ok ? await reply.json() : { examples: [] };
    if (output() !== now) return;
    at("thumbnails").replaceChildren(...examples.map(makeThumbnail));
    show("examples", examples.length > 0);
  };

  const makeThumbnail = (url, number) => {
    const button = document.createElement("button"), image = document.createElement("img");
    button.type = "button";
    image.src = url;
    image.alt = `Example ${number + 1}`;
    button.append(image);
    button.addEventListener("click", async () => {
      const reply = await fetch(url).catch(() => null);
      if (!reply || !reply.ok) return refuse("The program that serves this page is gone.");
      return take(new File([await reply.blob()], `example-${number + 1}.png`, { type: "image/png" }));
    });
    return button;
  };

  const listen = () => {
    at("model").addEventListener("change", chooseModel);
    at("output").addEventListener("change", chooseOutput);
    at("seed").addEventListener("change", again);
    at("count").addEventListener("change", again);
    at("dice").addEventListener("click", anotherSeed);
    at("cancel").addEventListener("click", sender.stop);
    at("controls").addEventListener("submit", (event) => event.preventDefault());
    at("choose").addEventListener("click", () => {
      if (output().image) at("file").click();
      else if (state() === "done" && output().seed) anotherSeed();
      else compute();
    });
    at("file").addEventListener("change", () => {
      take(at("file").files[0]);
      at("file").value = "";
    });
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

  const begin = async () => {
    const reply = await fetch("models").catch(() => null);
    if (!reply || !reply.ok) {
      at("title").textContent = "The program that serves this page is gone.";
      return;
    }
    ({ models, limits } = await reply.json());
    fill(at("model"), models.map((each) => each.name));
    at("count").max = limits.samples;
    const most = [limits.upload_bytes / 2 ** 20, limits.pixels / 1e6].map(Math.floor);
    at("bounds").textContent =
      `JPEG, PNG, WebP, TIFF and more, up to ${most[0]} MB and ${most[1]} million pixels`;
    show("stage", true);
    listen();
    chooseModel();
  };
  begin();
})();
