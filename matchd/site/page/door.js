/** The dialog at the door: one form at a time, to log in or sign up, and whatever else asks for something. */

import { doing, field, h, valueOf } from "./dom.js";

const DOOR = document.getElementById("door");

export const shut = () => DOOR.close();

/** Show something in the dialog, under this title; the keyboard goes to its first field. */
export function show(title, ...children) {
  DOOR.replaceChildren(h("h2", { id: "door-title", tabindex: "-1" }, title), ...children.filter(Boolean));
  if (!DOOR.open) DOOR.showModal();
  (DOOR.querySelector("input:not([hidden]), textarea") ?? DOOR.querySelector("h2")).focus();
}

/**
 * A form in the dialog. `act` does what it is for, after which the dialog closes unless `act` says `true`;
 * what it throws is said beside what was typed. `others` are the ways elsewhere: `[label, open]`.
 */
export function ask({ title, words = null, fields, label = title, act, others = [] }) {
  const failure = h("p", { class: "failure", role: "alert" });
  const enter = doing(async () => {
    failure.textContent = "";
    if ((await act()) !== true) shut();
  }, (error) => { failure.textContent = error.message; });
  show(title, h("form", { onsubmit: enter },
    words && h("p", { class: "soft" }, words),
    fields, failure,
    h("div", { class: "row tight" },
      h("button", { class: "main" }, label),
      h("button", { class: "quiet", type: "button", onclick: shut }, "Cancel"))),
  others.length > 0 && h("div", { class: "others" }, others.map(([name, open]) => h("button", { class: "link", onclick: open }, name))));
}

/** Log in by name and password; `former` is who has been here, `others` the other ways. */
export function logIn(matchd, { former = "", words, others }) {
  const name = nameField({ value: former });
  const password = secret("Password", { autocomplete: "current-password" });
  const act = () => matchd.login({ name: valueOf(name), password: valueOf(password), device: "browser" });
  ask({ title: "Log in", words, fields: [name, password], act, others });
}

/** A new account with a password. */
export function signUp(matchd, { others }) {
  const name = nameField({ minlength: 2 });
  const password = secret("Password", { minlength: 8, autocomplete: "new-password" });
  const act = () => matchd.signUp({ name: valueOf(name), password: valueOf(password), device: "browser" });
  const words = "Letters, digits, _ - and . make a name; a password has 8 or more characters.";
  ask({ title: "Sign up", words, fields: [name, password], act, others });
}

export const nameField = (props) => field("Name", { name: "name", required: true, maxlength: 32, autocomplete: "username", ...props });

export const secret = (label, props) => field(label, { type: "password", required: true, dir: null, ...props });
