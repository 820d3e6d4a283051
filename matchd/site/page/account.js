/** Who one is: guest, or logged in; the ways to become somebody, and what one may do as such. */

import { logIn, show, shut, signUp } from "./door.js";
import { atMain, doing, h, notice, said, swap } from "./dom.js";
import { byFile, byPhrase, forgetKey, makeKey, saveFile } from "./keys.js";

export function account(matchd) {
  const who = document.getElementById("who");
  let former = matchd.account;
  let ended = null;
  const refresh = (one) => {
    forgetKey(one);
    if (one !== null) {
      former = one;
      ended?.remove();
    }
    swap(who, ...(one ? member(matchd, one) : guest(matchd)));
  };
  matchd.on("change", refresh);
  matchd.on("expired", () => {
    const again = () => open(matchd, former);
    ended = notice(new Error("Your login has ended. Log in again."), h("button", { class: "main", onclick: again }, "Log in again"));
  });
  // A dialog gives the keyboard back to what opened it, which may be gone by then.
  const door = document.getElementById("door");
  door.addEventListener("close", () => {
    const now = document.activeElement;
    if (now === document.body || door.contains(now)) (who.querySelector("button") ?? { focus: atMain }).focus();
    // No phrase and no password stays in the page.
    if (!door.open) door.replaceChildren();
  });
  refresh(matchd.account);
}

/** The card that stands where one has to be somebody. */
export function stranger(matchd, what) {
  return h("div", { class: "card row tight" },
    h("p", { class: "text" }, `Log in to ${what}.`),
    h("button", { class: "main", onclick: () => open(matchd) }, "Log in"));
}

function guest(matchd) {
  return [
    h("span", { class: "soft" }, "Guest"),
    h("button", { class: "quiet", onclick: () => open(matchd) }, "Log in"),
    h("button", { class: "main", onclick: () => signUp(matchd, { others: [["Make a key account instead", () => makeKey(matchd)]] }) }, "Sign up"),
  ];
}

function member(matchd, one) {
  return [
    h("button", { class: "link name", title: one.name, "aria-haspopup": "dialog", onclick: () => about(matchd, one) }, said(one.name)),
    h("button", { class: "quiet", onclick: doing(() => matchd.logout()) }, "Log out"),
  ];
}

/** Log in, the way that the one who was here before did. */
function open(matchd, former = null) {
  const others = [["Use a recovery phrase", () => byPhrase(matchd)], ["Use a key file", () => byFile(matchd)]];
  if (former && isKey(former)) byPhrase(matchd, `Who was here: ${former.name}. What you have typed is kept.`);
  else logIn(matchd, { former: former?.name, others });
}

function about(matchd, one) {
  const words = isKey(one) ? "A key account: its recovery phrase, or a file you save here, lets you in elsewhere."
    : "An account with a password.";
  const everywhere = doing(async () => {
    await matchd.logout({ everywhere: true });
    shut();
  });
  show("Your account",
    h("p", {}, said(one.name), h("br"), h("span", { class: "soft" }, words)),
    h("div", { class: "row tight" },
      isKey(one) ? h("button", { class: "main", onclick: () => saveFile(matchd) }, "Save a key file") : null,
      h("button", { onclick: everywhere }, "Log out everywhere"),
      h("button", { class: "quiet", onclick: shut }, "Close")));
}

const isKey = (one) => one.id.startsWith("k_");
