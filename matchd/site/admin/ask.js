/** A dialog that asks before something is done, with the fields that it needs. */

import { atMain, h } from "/page/dom.js";

/**
 * Ask; `submit` does it. When that fails the dialog stays, with what was filled in and the reason.
 * Resolves when it is closed, to whether it was done.
 */
export function ask({ title, text, fields = [], action }, submit) {
  const dialog = document.getElementById("ask");
  const failure = h("p", { class: "bad", role: "alert" });
  const button = h("button", { class: "main" }, action);
  let done = false;
  const send = async (event) => {
    event.preventDefault();
    button.disabled = true;
    failure.textContent = "";
    try {
      await submit();
      done = true;
      dialog.close();
    } catch (error) {
      failure.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  };
  dialog.replaceChildren(h("form", { onsubmit: send },
    h("h2", { id: "ask-title" }, title),
    text ? h("p", {}, text) : null, ...fields, failure,
    h("div", { class: "row tight" }, button,
      h("button", { class: "quiet", type: "button", onclick: () => dialog.close() }, "Cancel"))));
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      // What had opened it may be gone by what was done.
      if (document.activeElement === document.body) atMain();
      resolve(done);
    }, { once: true });
  });
}
