/** Who one is: guest, or logged in; the dialog to become somebody. */

import { doing, field, h, notice, said } from "./dom.js";

export function account(matchd) {
  const who = document.getElementById("who");
  const show = (one) => who.replaceChildren(...(one ? member(matchd, one) : guest(matchd)));
  matchd.on("change", show);
  matchd.on("expired", () => notice(new Error("Your login has ended. Log in again.")));
  show(matchd.account);
}

/** The card that stands where one has to be somebody. */
export function stranger(matchd, what) {
  return h("div", { class: "card row tight" },
    h("p", { class: "text" }, `Log in to ${what}.`),
    h("button", { class: "main", onclick: () => open(matchd, false) }, "Log in"));
}

function guest(matchd) {
  return [
    h("span", { class: "soft" }, "Guest"),
    h("button", { class: "quiet", onclick: () => open(matchd, false) }, "Log in"),
    h("button", { class: "main", onclick: () => open(matchd, true) }, "Sign up"),
  ];
}

function member(matchd, one) {
  return [
    said(one.name, { class: "name", title: one.name }),
    h("button", { class: "quiet", onclick: doing(() => matchd.logout()) }, "Log out"),
  ];
}

function open(matchd, isNew) {
  const door = document.getElementById("door");
  const name = field("Name", { name: "name", required: true, minlength: 2, maxlength: 32, autocomplete: "username" });
  const secret = isNew ? "new-password" : "current-password";
  const password = field("Password", { type: "password", required: true, minlength: isNew ? 8 : 1, autocomplete: secret });
  const failure = h("p", { class: "soft", role: "alert" });
  const enter = async (event) => {
    event.preventDefault();
    const proof = { name: value(name), password: value(password), device: "browser" };
    try {
      await (isNew ? matchd.signUp(proof) : matchd.login(proof));
      door.close();
    } catch (error) {
      failure.textContent = error.message;
    }
  };
  const title = isNew ? "Sign up" : "Log in";
  door.replaceChildren(h("form", { onsubmit: enter },
    h("h2", { id: "door-title" }, title),
    name, password,
    isNew ? h("p", { class: "soft" }, "Letters, digits, _ - and . make a name; a password has 8 or more characters.") : null,
    failure,
    h("div", { class: "row tight" },
      h("button", { class: "main" }, title),
      h("button", { class: "quiet", type: "button", onclick: () => door.close() }, "Cancel"))));
  door.showModal();
}

const value = (label) => label.querySelector("input").value;
