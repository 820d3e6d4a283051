/** A table of a noun: search, pages by cursor, and nothing of what is not shown. */

import { field, h, notice } from "/page/dom.js";

const ROWS = 50;
/** Pages without a hit that a search goes through by itself. */
const PATIENCE = 40;

/**
 * @param {Api} api
 * @param {{noun: string, label: string, hint: string, columns: [string, (entry) => Node|string][],
 *   filters?: Element[], query?: () => object}} of
 */
export function table(api, { noun, label, hint, columns, filters = [], query = () => ({}) }) {
  const search = field(hint, { type: "search", maxlength: 128, enterkeyhint: "search" });
  const input = search.querySelector("input");
  const body = h("tbody", { role: "rowgroup" });
  const says = h("p", { class: "soft", role: "status" });
  const back = h("button", { class: "quiet", onclick: () => turn(-1) }, "Previous page");
  const on = h("button", { class: "quiet", onclick: () => turn(1) }, "Next page");
  let cursors = [null];
  let latest = 0;

  const load = async () => {
    const mine = ++latest;
    says.textContent = "Loading…";
    try {
      const { entries, next } = await find(cursors.at(-1), () => mine === latest);
      if (mine !== latest) return;
      body.replaceChildren(...entries.map((entry) => row(columns, entry)));
      on.hidden = next === null;
      back.hidden = cursors.length === 1;
      on.value = next ?? "";
      says.textContent = summary(entries.length, cursors.length, next);
    } catch (error) {
      if (mine === latest) says.textContent = error.code === "closed" ? "Waiting for the server…" : error.message;
      notice(error);
    }
  };

  /** The page behind a cursor; pages on which a search finds nothing are skipped. */
  const find = async (cursor, wanted) => {
    let page = { entries: [], next: cursor };
    for (let tries = 0; tries < PATIENCE && wanted(); tries += 1) {
      page = await api.page(noun, { limit: ROWS, q: input.value.trim(), cursor: page.next, ...query() });
      if (page.entries.length > 0 || page.next === null) break;
      says.textContent = `Nothing found so far, looking on (${tries + 1})…`;
    }
    return page;
  };

  const turn = (by) => {
    if (by > 0) cursors.push(on.value);
    else cursors.pop();
    load();
  };
  const anew = () => {
    cursors = [null];
    return load();
  };
  let typing;
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(anew, 250);
  });
  const submit = (event) => {
    event.preventDefault();
    clearTimeout(typing);
    anew();
  };
  const element = h("div", { class: "card" },
    h("form", { class: "row", role: "search", onsubmit: submit }, search, ...filters, h("button", { class: "quiet" }, "Refresh")),
    says,
    h("div", { class: "wide", role: "region", "aria-label": label, tabindex: "0" }, h("table", { role: "table", "aria-label": label },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
        columns.map(([name]) => h("th", { role: "columnheader", scope: "col" }, name)))),
      body)),
    h("div", { class: "row tight" }, back, on));
  return { element, load, anew, search: (text) => {
    input.value = text;
    return anew();
  } };
}

function row(columns, entry) {
  return h("tr", { role: "row" }, columns.map(([name, show]) => h("td", { role: "cell", "data-label": name }, show(entry))));
}

function summary(count, page, next) {
  if (count === 0) return next === null ? "Nothing here." : "Nothing found so far; there is more to look through.";
  const first = (page - 1) * ROWS + 1;
  if (page === 1 && next === null) return count === 1 ? "1 entry" : `${count} entries`;
  return `Page ${page}: ${count} entries${next === null ? `, the last of about ${first + count - 1}` : ", more follow"}`;
}
