/** Lines over the last minutes, drawn as SVG, with what they are now in words beside them. */

import { h, said } from "/page/dom.js";

const COUNT = 150;
const [WIDTH, HEIGHT] = [300, 90];
const MOST_LINES = 5;
const SVG = "http://www.w3.org/2000/svg";

/** A figure; `add(values)` takes a number for each name, or null where there is none. */
export function figure(title, note = "", unit = "") {
  const lines = new Map();
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "chart");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const scale = h("span", { class: "soft" });
  const legend = h("ul", { class: "legend" });
  const empty = h("p", { class: "soft" }, "Nothing yet.");
  const element = h("figure", { class: "card" },
    h("figcaption", {}, h("h2", {}, title), scale), svg, legend, empty);
  let length = 0;

  const line = (name) => {
    const path = document.createElementNS(SVG, "path");
    const colour = `line${lines.size}`;
    path.setAttribute("class", colour);
    svg.append(path);
    const now = h("strong");
    legend.append(h("li", {}, h("span", { class: `swatch ${colour}`, "aria-hidden": "true" }), said(name), " ", now));
    const made = { path, now, values: new Array(length).fill(null) };
    lines.set(name, made);
    return made;
  };

  const add = (given) => {
    const values = few(given, lines);
    for (const name of Object.keys(values)) if (!lines.has(name)) line(name);
    length = Math.min(length + 1, COUNT);
    for (const [name, one] of lines) {
      one.values.push(values[name] ?? null);
      if (one.values.length > COUNT) one.values.shift();
      one.now.textContent = shown(values[name] ?? null, unit);
    }
    draw();
  };

  const draw = () => {
    const all = [...lines.values()].flatMap((one) => one.values).filter((value) => value !== null);
    const most = nice(Math.max(1, ...all));
    for (const one of lines.values()) one.path.setAttribute("d", path(one.values, most));
    scale.textContent = `${note}${note && ", "}0 to ${shown(most, unit)}`;
    empty.hidden = lines.size > 0;
    svg.style.display = lines.size > 0 ? "" : "none";
  };
  draw();
  return { element, add };
}

/** Those that have a line already, the largest of the others, and the rest as one. */
function few(values, lines) {
  const names = Object.keys(values).sort((one, other) => (lines.has(other) - lines.has(one)) || (values[other] ?? 0) - (values[one] ?? 0));
  if (names.length <= MOST_LINES) return values;
  const kept = Object.fromEntries(names.slice(0, MOST_LINES - 1).map((name) => [name, values[name]]));
  kept["all others"] = names.slice(MOST_LINES - 1).reduce((sum, name) => sum + (values[name] ?? 0), 0);
  return kept;
}

function path(values, most) {
  let drawn = "";
  let open = false;
  values.forEach((value, at) => {
    if (value !== null) drawn += `${open ? "L" : "M"}${(((at + COUNT - values.length) * WIDTH) / (COUNT - 1)).toFixed(1)} ${(HEIGHT - 2 - (value / most) * (HEIGHT - 6)).toFixed(1)}`;
    open = value !== null;
  });
  return drawn;
}

/** The next number that is easily read. */
function nice(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((times) => times * unit).find((one) => one >= value);
}

function shown(value, unit) {
  if (value === null) return "–";
  const digits = unit === "s" && value < 10 && !Number.isInteger(value) ? 1 : 0;
  return `${value.toLocaleString([], { maximumFractionDigits: digits })}${unit ? ` ${unit}` : ""}`;
}
