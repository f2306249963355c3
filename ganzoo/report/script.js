"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  document.documentElement.classList.add("scripted");

  const spell = (value) =>
    value === null || value === undefined ? "–" : String(Number(value.toPrecision(4)));

  // Curves: a slider, and the pointer over any plot, read all lines of a group.
  for (const group of all(".group")) {
    const reader = group.querySelector(".reader");
    if (!reader) continue;
    const source = document.getElementById(`data-${reader.dataset.group}`);
    const { steps, lines } = JSON.parse(source.textContent);
    const first = Math.min(...steps), last = Math.max(...steps);
    const share = (step) => (last > first ? (step - first) / (last - first) : 0.5);
    const values = all(".value", group), cursors = all(".cursor", group);
    const at = group.querySelector(".at");

    const read = (shown) => {
      const index = Number(reader.value);
      at.textContent = `step ${steps[index].toLocaleString("en")}`;
      for (const value of values) value.textContent = spell(lines[value.dataset.line][index]);
      for (const cursor of cursors) {
        cursor.style.visibility = shown ? "visible" : "hidden";
        for (const side of ["x1", "x2"]) cursor.setAttribute(side, 1000 * share(steps[index]));
      }
    };
    const nearest = (x) => {
      let best = 0;
      steps.forEach((step, i) => {
        if (Math.abs(share(step) - x) < Math.abs(share(steps[best]) - x)) best = i;
      });
      return best;
    };
    reader.addEventListener("input", () => read(true));
    reader.addEventListener("focus", () => read(true));
    for (const plot of all(".plot", group)) {
      const point = (event) => {
        const box = plot.getBoundingClientRect();
        reader.value = nearest((event.clientX - box.left) / box.width);
        read(true);
      };
      plot.addEventListener("pointermove", point);
      plot.addEventListener("pointerdown", point);
    }
    read(false);
  }

  for (const box of all(".toggle")) {
    const root = box.closest(".group");
    const lines = all("[data-line]", root).filter(
      (line) => line.dataset.line === box.dataset.line && line.closest(".plot"));
    box.addEventListener("change", () => {
      for (const line of lines) line.classList.toggle("off", !box.checked);
    });
  }

  // Samples: which grid is seen, and what it is compared with to the left of the divider.
  const frame = document.querySelector(".frame"), time = document.getElementById("time");
  if (frame && time) {
    const grids = all(".grid", frame), divider = frame.querySelector(".divider");
    const before = document.getElementById("before"), divide = document.getElementById("divide");
    const name = (grid) => `step ${Number(grid.dataset.step).toLocaleString("en")}`;
    const say = (input, text) => {
      input.parentElement.querySelector("output").textContent = text;
      input.setAttribute("aria-valuetext", text);
    };
    const show = () => {
      const now = grids[time.value], then = grids[before.value], cut = Number(divide.value);
      for (const grid of grids) {
        grid.hidden = grid !== now && !(grid === then && cut > 0);
        grid.style.clipPath = "";
        grid.style.zIndex = 0;
      }
      now.style.zIndex = 1;
      now.style.clipPath = now !== then && cut > 0 ? `inset(0 0 0 ${cut}%)` : "";
      divider.hidden = cut === 0 || cut === 100;
      divider.style.left = `calc(${cut}% - 1px)`;
      divider.style.zIndex = 2;
      say(time, name(now));
      say(before, name(then));
      say(divide, cut === 0 ? "all after" : cut === 100 ? "all before" : `at ${cut} %`);
    };
    for (const input of [time, before, divide]) input.addEventListener("input", show);
    const drag = (event) => {
      if (!(event.buttons & 1)) return;
      const box = frame.getBoundingClientRect();
      const cut = Math.round((100 * (event.clientX - box.left)) / box.width);
      divide.value = Math.max(0, Math.min(100, cut));
      show();
    };
    frame.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      drag(event);
    });
    frame.addEventListener("pointermove", drag);
    frame.classList.add("sliding");
    const enlarge = document.getElementById("enlarge");
    enlarge.addEventListener("change", () => {
      frame.classList.toggle("large", enlarge.checked);
      for (const grid of grids)
        grid.style.width = enlarge.checked ? `${2 * grid.naturalWidth}px` : "";
    });
    show();
  }

  // Copying: where a page in a file may not use the clipboard, the text is selected instead.
  for (const button of all(".copy")) {
    const command = button.parentElement.querySelector(".command");
    const said = button.parentElement.querySelector(".copied");
    const select = () => {
      getSelection().selectAllChildren(command);
      said.textContent = document.execCommand("copy") ? "copied" : "selected: copy it";
    };
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command.textContent);
        said.textContent = "copied";
      } catch {
        select();
      }
    });
  }
})();
