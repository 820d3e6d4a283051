/** How friends find each other: by name, or by a code that works before the other has ever been here. */

import { doing, field, h, said, valueOf } from "./dom.js";

/** The card to add somebody. */
export function adding(matchd, refresh) {
  const who = field("Name of a player, or a friend code", { maxlength: 2048, required: true });
  const done = h("p", { class: "soft", role: "status" });
  const add = doing(async () => {
    done.textContent = "";
    const text = valueOf(who).trim();
    const card = cardOf(text);
    const stands = await (card === null ? matchd.friends.add(text) : matchd.friends.addByCode(card.code));
    who.querySelector("input").value = "";
    if (card !== null && !stands.name) remember(stands.id, card.name);
    done.replaceChildren(said(stands.name ?? card?.name ?? text), stands.state === "friend" ? " is your friend."
      : stands.name ? " is asked." : " is asked when this key logs in for the first time.");
    await refresh();
  });
  return h("form", { class: "card", onsubmit: add }, h("div", { class: "row" }, who, h("button", { class: "main" }, "Add")), done);
}

/** What is in a friend code, or null for what is none. */
function cardOf(text) {
  const code = text.replace(/\s/g, "");
  try {
    const { name, publicKey } = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(code), (one) => one.charCodeAt(0))));
    return typeof publicKey === "string" ? { code, name: String(name) } : null;
  } catch {
    return null;
  }
}

/** How whoever gave a code calls himself, while the server does not know him. */
export const calledBefore = (id) => names()[id];

const NAMES = "matchd-page:names";

function remember(id, name) {
  try {
    localStorage.setItem(NAMES, JSON.stringify({ ...names(), [id]: name.slice(0, 64) }));
  } catch {
    // Without a storage the id has to do.
  }
}

function names() {
  try {
    return JSON.parse(localStorage.getItem(NAMES)) ?? {};
  } catch {
    return {};
  }
}

/** The card with what to give to friends. */
export function ownCode(matchd) {
  const { name } = matchd.account;
  const code = field("Your friend code", { readonly: true, dir: "ltr", class: "code" });
  const input = code.querySelector("input");
  const done = h("p", { class: "soft", role: "status" });
  const copy = doing(async () => {
    input.select();
    // Pages that are not secure have no clipboard; what is selected can be copied by hand.
    await navigator.clipboard?.writeText(input.value);
    done.textContent = navigator.clipboard ? "Copied." : "Selected: copy it.";
  });
  const row = h("div", { class: "row", hidden: true }, code, h("button", { type: "button", onclick: copy }, "Copy"));
  const words = h("p", { class: "soft" }, "Friends add you by your name, ", said(name), ".");
  const element = h("div", { class: "card" }, h("h2", {}, "Let friends add you"), words, row, done);
  matchd.friends.ownCode().then((text) => {
    if (text === null) return;
    input.value = text;
    row.hidden = false;
    words.append(" Or by this code, wherever you have not been yet.");
  }).catch(() => {});
  return element;
}
