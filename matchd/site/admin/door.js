/** Who one is, and the dialog that asks for a token. */

import { field, h, said } from "/page/dom.js";

export function door(api) {
  const who = document.getElementById("who");
  const dialog = document.getElementById("door");
  const show = () => who.replaceChildren(...(api.me === null ? [] : member(api)));

  const open = (reason = "") => {
    show();
    if (dialog.open) return;
    dialog.replaceChildren(form(api, dialog, reason));
    dialog.showModal();
  };
  // Behind it there is nothing to be seen.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  api.addEventListener("login", show);
  api.addEventListener("expired", ({ detail }) => open(detail));
  show();
  return open;
}

function member(api) {
  const until = new Date(api.me.expiresAt * 1000).toLocaleString();
  return [
    said(api.me.name, { class: "name", title: `${api.me.name}, until ${until}` }),
    h("span", { class: api.mayChange ? "soft role" : "soft" }, api.mayChange ? "admin" : "reads only"),
    h("button", { class: "quiet", onclick: () => api.logout() }, "Log out"),
  ];
}

function form(api, dialog, reason) {
  const token = field("Admin token", { type: "password", required: true, spellcheck: "false", autofocus: true });
  const failure = h("p", { class: "soft", role: "alert" }, reason);
  const button = h("button", { class: "main" }, "Log in");
  const enter = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await api.login(token.querySelector("input").value.trim());
      dialog.close();
    } catch (error) {
      failure.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { onsubmit: enter },
    h("h2", { id: "door-title" }, "Log in"),
    h("p", { class: "soft" }, "With a token of ", h("code", {}, "matchd token admin NAME"), ", or of ",
      h("code", {}, "matchd token viewer NAME"), " to look only. It is kept in this tab, until you close it."),
    token, failure, button);
}
