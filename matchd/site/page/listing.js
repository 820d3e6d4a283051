/** The card with the list of lobbies: as it changes, searched here, and at the server where it is longer. */

import { field, h, valueOf } from "./dom.js";
import { longList } from "./window.js";

/** Milliseconds of changes that are shown together, and of typing after which the server is asked. */
const TOGETHER = 50;
const TYPED = 300;

/** `row(lobby)` makes a row; `heard(lobbies)` is told all that are known, after each change. */
export function listing(matchd, { row, heard }) {
  const filter = field("Search", { type: "search" });
  const count = h("p", { class: "soft", role: "status" });
  const list = longList(row, "the list");
  let [all, found, complete, trouble] = [[], null, true, ""];
  let waiting = null;
  let typing = null;

  const render = () => {
    waiting = null;
    const words = valueOf(filter).toLowerCase();
    const known = found ?? all.filter((one) => `${one.name} ${one.game_id}`.toLowerCase().includes(words));
    list.show(known);
    const total = `${all.length.toLocaleString("en")}${complete ? "" : " and more"} ${all.length === 1 ? "lobby" : "lobbies"}`;
    const none = all.length === 0 && complete ? "No lobby is open: make the first one." : null;
    count.textContent = trouble || none || (words ? `${known.length} of ${total}` : total);
  };
  const soon = () => { waiting ??= setTimeout(render, TOGETHER); };

  const search = async () => {
    typing?.abort();
    typing = new AbortController();
    found = null;
    soon();
    const words = valueOf(filter).trim();
    if (complete || words === "") return;
    const { signal } = typing;
    await new Promise((resolve) => setTimeout(resolve, TYPED));
    signal.throwIfAborted();
    found = await elsewhere(matchd, words, signal);
    soon();
  };
  filter.addEventListener("input", () => search().catch(failed));
  const failed = (error) => {
    if (error.name === "AbortError") return;
    trouble = `The list is not up to date: ${error.message}`;
    soon();
  };
  const watching = matchd.lobbies.watch((known, whole) => {
    [all, complete, trouble] = [known, whole, ""];
    heard(known);
    soon();
  }, { onTrouble: failed });
  const close = () => {
    watching.close();
    typing?.abort();
    clearTimeout(waiting);
  };
  const element = h("div", { class: "card" }, h("h2", {}, "Open lobbies"), filter, count, list.element);
  return { element, renew: list.renew, close };
}

/** What the server finds: a page of it may be short while there is more. */
async function elsewhere(matchd, search, signal) {
  const found = [];
  let cursor;
  do {
    const page = await matchd.lobbies.list({ search, cursor, limit: 100, signal });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor && found.length < 100);
  return found;
}
