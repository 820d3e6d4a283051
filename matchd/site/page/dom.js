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

/** A field with its label. */
export const field = (label, props = {}) => h("label", { class: "grow" }, label, h("input", { autocomplete: "off", ...props }));

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

/** Show a failure until it is dismissed; an abort is none, and the end of a login is said once elsewhere. */
export function notice(error) {
  if (error.name === "AbortError" || error.code === "closed" || error.code === "bad_token") return;
  const wait = error.retryAfter ? ` Try again in ${error.retryAfter} s.` : "";
  const element = h("div", { class: "notice" },
    h("p", {}, said(error.message ?? String(error)), wait),
    h("button", { class: "quiet", onclick: () => element.remove() }, "Dismiss"));
  document.getElementById("notices").replaceChildren(element);
}

/** A listener that does something that may fail; its button waits meanwhile. */
export function doing(work) {
  return async (event) => {
    event.preventDefault();
    const button = event.submitter ?? event.currentTarget;
    button.disabled = true;
    try {
      await work(event);
    } catch (error) {
      notice(error);
    } finally {
      button.disabled = false;
    }
  };
}
