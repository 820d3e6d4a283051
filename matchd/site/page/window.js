/** A list of any length of which one window is on the page, and whose rows stay while they are the same. */

import { h } from "./dom.js";

const SIZE = 50;

/** `row(item)` makes a row of an item with an `id`; `show(items)` what there is now; `label` what they are. */
export function longList(row, label) {
  const list = h("ul", { class: "list" });
  const place = h("span", { class: "soft", role: "status" });
  const turn = (by) => () => {
    first += by;
    render();
    list.scrollIntoView({ block: "nearest" });
  };
  const back = h("button", { class: "quiet", type: "button", onclick: turn(-SIZE) }, "Back");
  const on = h("button", { class: "quiet", type: "button", onclick: turn(SIZE) }, "More");
  const pages = h("div", { class: "row tight", role: "group", "aria-label": `Pages of ${label}`, hidden: true }, back, on, place);
  let rows = new Map();
  let items = [];
  let first = 0;

  const render = () => {
    first = Math.max(0, Math.min(first, Math.floor((items.length - 1) / SIZE) * SIZE));
    const shown = items.slice(first, first + SIZE);
    rows = new Map(shown.map((item) => [item.id, rowOf(item)]));
    settle(list, [...rows.values()].map((one) => one.element));
    pages.hidden = items.length <= SIZE;
    back.ariaDisabled = first === 0 ? "true" : null;
    on.ariaDisabled = first + SIZE >= items.length ? "true" : null;
    place.textContent = `${(first + 1).toLocaleString("en")} to ${(first + shown.length).toLocaleString("en")} of ${items.length.toLocaleString("en")}`;
  };
  const rowOf = (item) => {
    const text = JSON.stringify(item);
    const former = rows.get(item.id);
    if (former?.text === text) return former;
    const element = row(item);
    if (former) inherit(element, former.element);
    return { text, element };
  };
  const show = (now) => {
    items = now;
    render();
  };
  /** Make all rows anew. */
  const renew = () => {
    rows.clear();
    render();
  };
  return { element: h("div", {}, list, pages), show, renew };
}

/** Have these children in this order, moving none that need not be: one that moves loses the keyboard. */
function settle(list, elements) {
  const wanted = new Set(elements);
  for (const one of [...list.children]) if (!wanted.has(one)) one.remove();
  elements.forEach((one, at) => {
    if (list.children[at] !== one) list.insertBefore(one, list.children[at] ?? null);
  });
}

/** A row takes over what was typed in the one before it, and the keyboard. */
function inherit(element, former) {
  const controls = "input, button";
  const before = [...former.querySelectorAll(controls)];
  [...element.querySelectorAll(controls)].forEach((one, at) => {
    if (one.tagName === "INPUT" && before[at]?.tagName === "INPUT") one.value = before[at].value;
    if (before[at] === document.activeElement) queueMicrotask(() => one.focus());
  });
}
