// Shows one step at a time, and moves what stays in the jar to where it lies next. Without this script every step is
// shown, one below the other.
(() => {
  "use strict";

  const SECONDS_FOR_A_STEP = 2.2;
  const TURNS = 3; // of a circle, until it is plain that it does not end

  const player = document.querySelector(".player");
  const steps = [...player.querySelectorAll(".moment")];
  if (!steps.length) return;
  const drawn = new Map([...document.querySelectorAll(".seq-step")].map((step) => [step.dataset.step, step]));
  const ticks = [...player.querySelectorAll(".tick")];
  const slider = player.querySelector("input");
  const button = (name) => player.querySelector(`[data-do="${name}"]`);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const loop = player.dataset.loop === "" ? null : Number(player.dataset.loop);
  const last = steps.length - 1;

  let now = 0;
  let turn = 1;
  let timer = 0;

  const cookies = (step) => new Map([...step.querySelectorAll(".cookie")].map((card) => [card.dataset.key, card]));

  function show(index) {
    const to = Math.min(Math.max(index, 0), last);
    const before = steps[now];
    const after = steps[to];
    const were = new Map([...cookies(before)].map(([key, card]) => [key, card.getBoundingClientRect()]));
    before.classList.remove("current");
    after.classList.add("current");
    drawn.get(String(now))?.classList.remove("current");
    drawn.get(String(to))?.classList.add("current");
    ticks[now].classList.remove("current");
    ticks[to].classList.add("current");
    if (to === now + 1 && !still.matches) move(were, cookies(after));
    else after.classList.add("at-once");
    now = to;
    slider.value = String(to);
    slider.setAttribute("aria-valuetext", `Step ${to} of ${last}`);
    player.querySelector(".count-now").textContent = String(to);
    button("previous").disabled = to === 0;
    button("next").disabled = to === last && loop === null;
    const said = after.querySelector("h3").textContent;
    player.querySelector("[role=status]").textContent = `Step ${to}. ${said}`;
    if (before !== after) before.classList.remove("at-once");
  }

  function move(were, cards) {
    for (const [key, card] of cards) {
      const was = were.get(key);
      if (!was) continue;
      const is = card.getBoundingClientRect();
      const [x, y] = [was.left - is.left, was.top - is.top];
      if (x || y) card.animate([{ transform: `translate(${x}px, ${y}px)` }, {}], { duration: 450, easing: "ease-in-out" });
    }
  }

  function next() {
    if (now < last) show(now + 1);
    else if (loop !== null) {
      turn += 1;
      show(loop);
    }
    tell();
  }

  function tell() {
    const told = player.querySelector(".turn");
    told.hidden = loop === null || now < loop || turn === 1;
    told.textContent = `, turn ${turn}`;
  }

  function go(index) {
    stop();
    turn = 1;
    show(index);
    tell();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    player.classList.remove("playing");
    button("play").setAttribute("aria-label", "Play");
  }

  function play() {
    if (timer) return stop();
    if (now === last) {
      turn = 1;
      show(0);
      tell();
    }
    player.classList.add("playing");
    button("play").setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      if (now === last && (loop === null || turn === TURNS)) stop();
      else next();
    }, SECONDS_FOR_A_STEP * 1000);
  }

  function linked() {
    const found = steps.findIndex((step) => `#${step.id}` === location.hash);
    if (found < 0) return false;
    go(found);
    steps[found].scrollIntoView(); // it was hidden when the browser looked for it
    return true;
  }

  const actions = {
    previous: () => go(now - 1),
    play,
    next: () => {
      stop();
      next();
    },
  };
  for (const name of Object.keys(actions)) button(name).addEventListener("click", actions[name]);
  slider.addEventListener("input", () => go(Number(slider.value)));
  addEventListener("hashchange", linked);

  const keys = { ArrowLeft: actions.previous, ArrowRight: actions.next, Home: () => go(0), End: () => go(last), " ": play };
  addEventListener("keydown", (event) => {
    const taken = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    const own = event.target.closest("input, a, summary") || (event.key === " " && event.target.closest("button"));
    if (taken || own || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  player.querySelector(".controls").hidden = false;
  document.documentElement.classList.add("stepping");
  if (!linked()) show(0);
})();
