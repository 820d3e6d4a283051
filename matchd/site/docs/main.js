/** The page: both documents as chapters of entries, a search over all of them, and links that stay. */

import { h, notice } from "/page/dom.js";
import { chaptersOf } from "./http.js";
import { socketsOf } from "./sockets.js";
import { prose } from "./text.js";

const byId = (id) => document.getElementById(id);
const field = byId("search").elements.words;
let chapters = [];

async function load(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}.`);
  return answer.json();
}

/** Fetch both and show them; a server that is away is asked again when somebody wants that. */
async function start() {
  try {
    const [http, sockets] = await Promise.all([load("/openapi.json"), load("/asyncapi.json")]);
    byId("version").textContent = http.info.version;
    chapters = [...chaptersOf(http), socketsOf(sockets)];
    show(http.info.description);
  } catch (error) {
    notice(error);
    const again = h("button", { onclick: () => { byId("notices").replaceChildren(); start(); } }, "Try again");
    byId("content").replaceChildren(h("p", {}, "The documents can't be read. "), again);
  }
}

function show(text) {
  byId("content").replaceChildren(
    h("details", { class: "card", id: "rules" }, h("summary", {}, "Everywhere: bodies, errors, credentials"), ...text.split("\n\n").map((part) => prose(part))),
    ...chapters.map(section));
  byId("chapters").replaceChildren(...chapters.map((one) => h("a", { href: `#${anchor(one)}` }, one.name)));
  search();
  go();
}

const anchor = (chapter) => `chapter-${chapter.name.toLowerCase().replace(/\W+/g, "-")}`;

function section(chapter) {
  chapter.element = h("section", { class: "chapter", id: anchor(chapter), "aria-label": chapter.name },
    h("h2", {}, chapter.name), prose(chapter.text), ...chapter.entries.map(entry));
  return chapter.element;
}

function entry(one) {
  const heading = h("h3", {},
    h("span", { class: `method ${one.method.toLowerCase()}` }, one.method), " ",
    h("span", { class: "path" }, one.path), " ",
    h("span", { class: "title" }, one.title));
  const link = h("a", { class: "link", href: `#${one.id}`, "aria-label": `Link to ${one.method} ${one.path}` }, "#");
  one.element = h("details", { class: "entry", id: one.id, ontoggle: () => fill(one) }, h("summary", {}, heading, link));
  return one.element;
}

/** What is inside an entry is made when it is wanted. */
function fill(one) {
  if (one.element.open && one.element.childElementCount === 1) {
    one.element.append(h("div", { class: "inside" }, ...one.inside()));
  }
}

function open(one, wanted) {
  one.element.open = wanted;
  fill(one);
}

/** Leave the entries that have every word. */
function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const chapter of chapters) {
    let left = 0;
    for (const one of chapter.entries) {
      one.element.hidden = !words.every((word) => one.words.includes(word));
      left += one.element.hidden ? 0 : 1;
    }
    chapter.element.hidden = left === 0;
    count += left;
  }
  byId("rules").hidden = words.length > 0;
  byId("found").textContent = words.length ? (count === 1 ? "1 found" : `${count || "None"} found`) : "";
}

/** Open what the address names, and say in the list of chapters where one is. */
function go() {
  const wanted = location.hash.slice(1);
  const one = chapters.flatMap((chapter) => chapter.entries).find((each) => each.id === wanted);
  if (one) {
    if (one.element.hidden) clear();
    open(one, true);
    one.element.scrollIntoView();
    one.element.firstElementChild.focus({ preventScroll: true });
  } else byId(wanted)?.scrollIntoView();
  for (const link of byId("chapters").children) {
    if (link.hash === location.hash || byId(link.hash.slice(1))?.contains(one?.element ?? null)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function clear() {
  field.value = "";
  search();
}

byId("search").addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", search);
byId("all").addEventListener("click", ({ currentTarget: button }) => {
  const wanted = button.getAttribute("aria-pressed") === "false";
  button.setAttribute("aria-pressed", String(wanted));
  button.textContent = wanted ? "Close all" : "Open all";
  for (const one of chapters.flatMap((chapter) => chapter.entries)) if (!one.element.hidden) open(one, wanted);
});
addEventListener("hashchange", go);
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape" && document.activeElement === field) clear();
});
start();
