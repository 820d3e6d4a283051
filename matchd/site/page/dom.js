/** Elements without markup in strings: whatever somebody writes is shown as text. */

/**
 * An element. `onclick` and the like are listeners; true and false set and leave out an attribute.
 * Children are elements and text; null is nobody.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** What a player has written: in the direction of its own letters. */
export const said = (text, props = {}) => h("bdi", props, text);

/** A field with its label; what is typed goes in the direction of its own letters. */
export const field = (label, props = {}) =>
  h("label", { class: "grow" }, label, h("input", { autocomplete: "off", dir: "auto", ...props }));

/** What stands in a field. */
export const valueOf = (label) => label.querySelector("input, textarea").value;

/** A box to tick. */
export const check = (label, props = {}) =>
  h("label", { class: "check" }, h("input", { type: "checkbox", ...props }), label);

/** A line that says how things stand, also to a screen reader. */
export function stateLine() {
  const dot = h("span", { class: "dot", "aria-hidden": "true" });
  const text = h("span");
  const element = h("p", { class: "state", role: "status" }, dot, text);
  const show = (kind, words) => {
    dot.className = `dot ${kind}`;
    text.textContent = words;
  };
  return { element, show };
}

/** Lines of what was said; the newest at the end. */
export function logOf(label) {
  const element = h("div", { class: "log", role: "log", "aria-label": label, tabindex: "0", hidden: true });
  const add = (who, text) => {
    element.hidden = false;
    element.append(h("p", {}, h("span", { class: "soft" }, `${who} `), said(text)));
    if (element.childElementCount > 100) element.firstElementChild.remove();
    element.scrollTop = element.scrollHeight;
  };
  return { element, add };
}

const REPLACED = "Another tab, window or device of yours has taken over here.";

/** Show a failure until it is dismissed; an abort is none, and the end of a login is said once elsewhere. */
export function notice(error, ...buttons) {
  if (error.name === "AbortError" || error.code === "closed" || error.code === "bad_token") return null;
  const wait = error.retryAfter ? ` Try again in ${error.retryAfter} s.` : "";
  const element = h("div", { class: "notice" },
    h("p", {}, said(error.code === "replaced" ? REPLACED : error.message ?? String(error)), wait),
    ...buttons,
    h("button", { class: "quiet", onclick: () => (element.remove(), atMain()) }, "Dismiss"));
  document.getElementById("notices").replaceChildren(element);
  return element;
}

/** Put what has lost its place under the keyboard at the beginning of the content. */
export const atMain = () => document.getElementById("main").focus({ preventScroll: true });

/**
 * A listener that does something that may fail; its button waits meanwhile, and stays under the keyboard,
 * which one that is disabled does not.
 */
export function doing(work, failed = notice) {
  return async (event) => {
    event.preventDefault();
    const button = event.submitter ?? event.currentTarget;
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await work(event);
    } catch (error) {
      failed(error);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };
}

/** Replace what an element holds; the keyboard stays at the control of the same words, or at the element. */
export function swap(element, ...children) {
  const held = element.contains(document.activeElement) ? document.activeElement : null;
  const words = held && nameOf(held);
  element.replaceChildren(...children);
  if (held === null || held === element || held.isConnected) return;
  const same = [...element.querySelectorAll("button, input, summary, a")].find((one) => nameOf(one) === words);
  element.tabIndex = -1;
  (same ?? element).focus();
}

const nameOf = (control) => control.dataset.name ?? `${control.closest("li")?.querySelector("bdi")?.textContent} ${control.ariaLabel ?? control.textContent}`;
