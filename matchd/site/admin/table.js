/** A table of a noun: search, pages by cursor, and nothing of what is not shown. */

import { field, h, notice, swap, valueOf } from "/page/dom.js";

const ROWS = 50;
/** Pages without a hit that a search goes through by itself. */
const PATIENCE = 40;
/** Milliseconds of typing after which is searched. */
const TYPED = 250;

/**
 * What stands in it: the noun of the admin API, `label` for who hears it, `hint` at the search, `columns` of
 * names and how an entry is shown there, more `filters` and the `query` that they make.
 */
export class Table {
  #api;
  #of;
  #search;
  #body = h("tbody", { role: "rowgroup" });
  #says = h("p", { class: "soft", role: "status" });
  #back = h("button", { class: "quiet", hidden: true, onclick: () => this.#turn(this.#cursors.slice(0, -1)) }, "Previous page");
  #on = h("button", { class: "quiet", hidden: true, onclick: () => this.#turn([...this.#cursors, this.#next]) }, "Next page");
  #wide = h("div", { class: "wide", role: "region", tabindex: "0" });
  /** Those of the pages up to the one that is shown, and behind it. */
  #cursors = [null];
  #next = null;
  #latest = 0;
  #typing = null;

  constructor(api, of) {
    this.#api = api;
    this.#of = { filters: [], query: () => ({}), ...of };
    this.#search = field(of.hint, { type: "search", maxlength: 128, enterkeyhint: "search" });
    this.#search.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.anew(), TYPED);
    });
    this.#wide.ariaLabel = `${of.label}, row by row`;
    const names = of.columns.map(([name]) => h("th", { role: "columnheader", scope: "col" }, name));
    this.#wide.append(h("table", { role: "table", "aria-label": of.label },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...names)), this.#body));
    this.element = h("div", { class: "card" }, this.#form(), this.#says, this.#wide,
      h("div", { class: "row tight" }, this.#back, this.#on));
  }

  /** Read the page that is shown again. */
  async load() {
    const mine = ++this.#latest;
    this.#says.textContent = "Loading…";
    try {
      const { entries, next } = await this.#find(this.#cursors.at(-1), () => mine === this.#latest);
      if (mine === this.#latest) this.#show(entries, next);
    } catch (error) {
      if (mine === this.#latest) this.#says.textContent = error.code === "closed" ? "Waiting for the server…" : error.message;
      notice(error);
    }
  }

  /** Begin with the first page. */
  anew() {
    this.#cursors = [null];
    return this.load();
  }

  #form() {
    const submit = (event) => {
      event.preventDefault();
      clearTimeout(this.#typing);
      this.anew();
    };
    return h("form", { class: "row", role: "search", onsubmit: submit }, this.#search, ...this.#of.filters,
      h("button", { class: "quiet" }, "Refresh"));
  }

  /** The page behind a cursor; those on which a search finds nothing are skipped. */
  async #find(cursor, isWanted) {
    const { noun, query } = this.#of;
    let page = { entries: [], next: cursor };
    for (let tries = 0; tries < PATIENCE && isWanted(); tries += 1) {
      page = await this.#api.page(noun, { limit: ROWS, q: valueOf(this.#search).trim(), cursor: page.next, ...query() });
      if (page.entries.length > 0 || page.next === null) break;
      this.#says.textContent = `Nothing found so far, looking on (${tries + 1})…`;
    }
    return page;
  }

  #show(entries, next) {
    swap(this.#body, ...entries.map((entry) => row(this.#of.columns, entry)));
    this.#next = next;
    const held = [this.#on, this.#back].includes(document.activeElement);
    this.#on.hidden = next === null;
    this.#back.hidden = this.#cursors.length === 1;
    if (held && document.activeElement.hidden) this.#wide.focus();
    this.#says.textContent = summary(entries.length, this.#cursors.length, next);
  }

  #turn(cursors) {
    this.#cursors = cursors;
    this.load();
  }
}

function row(columns, entry) {
  return h("tr", { role: "row" }, columns.map(([name, show]) => h("td", { role: "cell", "data-label": name }, show(entry))));
}

function summary(count, page, next) {
  if (count === 0) return next === null ? "Nothing here." : "Nothing found so far; there is more to look through.";
  const words = count === 1 ? "1 entry" : `${count} entries`;
  if (page === 1 && next === null) return words;
  return `Page ${page}: ${words}${next === null ? ", the last" : ", more follow"}`;
}
