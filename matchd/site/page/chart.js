/** Round-trip times as a line, the last minute of them. */

const COUNT = 60;
const WIDTH = 300;
const HEIGHT = 100;
const SVG = "http://www.w3.org/2000/svg";

/** A figure, and how a value (in ms) is added. */
export function chart() {
  const values = [];
  const path = document.createElementNS(SVG, "path");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "chart");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  const caption = document.createElement("figcaption");
  const element = document.createElement("figure");
  element.append(caption, svg);
  const add = (value) => {
    values.push(value);
    if (values.length > COUNT) values.shift();
    const most = Math.max(10, ...values) * 1.1;
    const point = (one, at) => `${(at * WIDTH) / (COUNT - 1)} ${HEIGHT - (one / most) * HEIGHT}`;
    path.setAttribute("d", `M${values.map(point).join("L")}`);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    caption.textContent = `Round trip: ${value} ms now, ${low} to ${high} ms in the last minute`;
  };
  return { element, add };
}
