/** Words and code: what the documents write in backticks is code. */

import { h } from "/page/dom.js";

/** A text with its code. */
export function prose(text, tag = "p") {
  const parts = (text ?? "").split("`");
  return h(tag, {}, ...parts.map((part, at) => (at % 2 ? h("code", {}, part) : part)));
}

/** Lines to be copied. */
export function sample(text, label) {
  const button = h("button", { class: "quiet", type: "button", "aria-label": `Copy ${label}`, onclick: copy }, "Copy");
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }
  const lines = h("pre", { tabindex: "0", role: "region", "aria-label": label }, text);
  return h("div", { class: "code" }, lines, button);
}

/** A value as JSON for reading: short ones on one line. */
export function json(value) {
  const line = JSON.stringify(value);
  return line.length <= 72 ? line : JSON.stringify(value, null, 2);
}
