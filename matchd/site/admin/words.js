/** How single things are shown: an id, a moment, a span, a state, what somebody has written. */

import { h, said } from "/page/dom.js";

/** An id, which leads to what happened to it. */
export const traced = (id) => (id ? h("a", { class: "id", href: `#trace/${encodeURIComponent(id)}`, title: "What happened to it" }, said(id)) : "");

/** An account, which leads to it. */
export const account = (id, name = id) => (id ? h("a", { href: `#accounts/${encodeURIComponent(id)}` }, said(name)) : "");

/** Some of these, one under the other. */
export const lines = (parts) => parts.map((part) => h("div", {}, part));

/** A moment in Unix seconds, as clocks here show it. */
export function moment(seconds) {
  if (!seconds) return "";
  const at = new Date(seconds * 1000);
  return h("time", { datetime: at.toISOString() }, at.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" }));
}

/** How long ago a moment was. */
export const ago = (seconds) => `${span(Date.now() / 1000 - seconds)} ago`;

export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  return whole < 172_800 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86_400)} days`;
}

/** A state with its dot, which only repeats what the word says. */
export const state = (kind, word) => h("span", { class: "mark" },
  h("span", { class: `dot ${kind}`, "aria-hidden": "true" }), word);

/** A word of the server's own (`not_joined`) as people write it; what somebody has written stays as it is. */
export const plainly = (text) => (/^[a-z]+(_[a-z]+)*$/.test(text) ? text.replaceAll("_", " ") : text);

/** Text of several lines, as it was written. */
export const written = (text) => h("p", { class: "written", dir: "auto" }, text);
