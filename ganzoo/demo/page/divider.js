"use strict";

// A handle over two pictures that lie on each other: left of it the one in front is seen. It is a
// slider, moved by the pointer or by keys.
function makeDivider(frame, handle) {
  const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };
  const ENDS = { Home: 0, End: 100 };

  const move = (cut) => {
    const share = Math.max(0, Math.min(100, cut)), shown = Math.round(share);
    frame.style.setProperty("--cut", `${share}%`);
    handle.setAttribute("aria-valuenow", shown);
    handle.setAttribute("aria-valuetext", `${shown} % original, ${100 - shown} % result`);
  };

  const drag = (event) => {
    if (!(event.buttons & 1) || handle.hidden) return;
    const box = frame.getBoundingClientRect();
    move((100 * (event.clientX - box.left)) / box.width);
  };

  handle.addEventListener("keydown", (event) => {
    if (event.key in STEPS) move(Number(handle.getAttribute("aria-valuenow")) + STEPS[event.key]);
    else if (event.key in ENDS) move(ENDS[event.key]);
    else return;
    event.preventDefault();
  });
  frame.addEventListener("pointerdown", (event) => {
    if (handle.hidden) return;
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    handle.focus({ focusVisible: false });
    drag(event);
  });
  frame.addEventListener("pointermove", drag);
  return move;
}
