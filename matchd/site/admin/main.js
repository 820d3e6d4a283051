/** The admin page: one API for all sections, and which section is shown. */

import { h, notice } from "/page/dom.js";
import { accounts } from "./accounts.js";
import { Api } from "./api.js";
import { door } from "./door.js";
import { bookings, games, hosts, lobbies, rooms } from "./lists.js";
import { overview } from "./overview.js";
import { reports } from "./reports.js";
import { trace } from "./trace.js";

const SECTIONS = { overview, hosts, bookings, rooms, lobbies, games, accounts, reports, trace };

const api = new Api();
const open = door(api);
const main = document.getElementById("main");
const made = new Map();
let shown = "";

/** Show what the address names: a section, and of some the one thing in it. */
function show() {
  const [wanted, id] = location.hash.slice(1).split("/", 2);
  const name = Object.hasOwn(SECTIONS, wanted) ? wanted : "overview";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (api.me === null) return;
  if (!made.has(name)) made.set(name, SECTIONS[name](api));
  const section = made.get(name);
  if (shown !== name) main.replaceChildren(h("section", { "aria-labelledby": `${name}-title` }, section.element));
  if (shown !== name && shown !== "") main.focus();
  shown = name;
  section.load(named(id)).catch(notice);
}

/** The id in an address; what somebody has written there by hand may be anything. */
function named(text) {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

function begin() {
  made.clear();
  shown = "";
  show();
}

const away = document.getElementById("away");
api.addEventListener("away", ({ detail }) => {
  away.replaceChildren(h("p", { class: "notice" }, `${detail} Trying again until it is back…`));
});
api.addEventListener("back", async () => {
  away.replaceChildren();
  if (api.me === null) await start();
  else show();
});
api.addEventListener("login", begin);
api.addEventListener("expired", () => {
  document.getElementById("ask").close();
  document.getElementById("notices").replaceChildren();
});
addEventListener("hashchange", show);

async function start() {
  try {
    if (!(await api.resume())) return open();
    begin();
    api.dispatchEvent(new CustomEvent("login"));
  } catch (error) {
    if (error.status === 403) open(error.message);
    else if (error.code !== "bad_token") notice(error);
  }
}
start();
