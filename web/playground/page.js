// SPDX-License-Identifier: Apache-2.0
// Which view the address asks for, and keeping it fresh.
import { activity } from "./activity.js";
import { get, loadActors, say } from "./api.js";
import { append, el, replace } from "./dom.js";
import { list, openForm } from "./list.js";
import { pullView } from "./pull.js";

const INTERVAL = 1000;
const main = document.getElementById("main");

// Each view: { title, node, refresh() }; refresh is called again and again while it is shown.
const VIEWS = [
  [/^#\/pull\/(\d+)$/, (match) => pullView(Number(match[1]))],
  [/^#\/new(?:\/(.+))?$/, (match) => openForm(match[1])],
  [/^#\/activity$/, () => activity()],
  [/^#?\/?$/, () => list()],
];

let current = null;
let timer;

function viewOf(hash) {
  for (const [pattern, make] of VIEWS) {
    const match = pattern.exec(hash);
    if (match) return make(match);
  }
  return { title: "Not found", node: el("p.empty", {}, "There is nothing at this address. ", el("a", { href: "#/" }, "All pull requests")) };
}

async function tick() {
  clearTimeout(timer);
  const view = current;
  try {
    if (!document.hidden) await view.refresh?.();
    document.body.classList.remove("lost");
  } catch (error) {
    if (view === current) say(error.message, true);
    document.body.classList.add("lost");
  }
  if (view === current) timer = setTimeout(tick, INTERVAL);
}

async function show() {
  current = viewOf(location.hash);
  document.title = `${current.title} · Playground`;
  replace(main, current.node);
  for (const link of document.querySelectorAll(".bar nav a")) {
    link.toggleAttribute("aria-current", link.getAttribute("href") === (location.hash || "#/"));
  }
  await tick();
}

async function start() {
  const about = await get("about");
  append(replace(document.getElementById("organisation")), [about.organisation]);
  await loadActors();
  addEventListener("hashchange", () => {
    show();
    main.focus();
  });
  document.addEventListener("visibilitychange", () => !document.hidden && tick());
  await show();
}

start().catch((error) => say(error.message, true));
