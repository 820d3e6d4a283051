/** The field of two paddles: drawn on a canvas, and where the player wants his paddle. */

import { TURN } from "./lockstep.js";
import { BALL, HEIGHT, MARGIN, MIDDLE, PADDLE, STRIDE, THICK, WIDTH } from "./paddles.js";

const UP = new Set(["ArrowUp", "w", "W"]);
const DOWN = new Set(["ArrowDown", "s", "S"]);
const TRAIL = 10;

export class Field {
  #side;
  #state = null;
  #former = null;
  #shownAt = 0;
  #drawing = false;
  #trail = [];
  #wish = MIDDLE;
  #held = 0;
  #sizes;
  #colours = null;
  #dark = matchMedia("(prefers-color-scheme: dark)");
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #stop = new AbortController();

  /** `side`: 0 is left, 1 is right; `help` is the id of the text that explains it. */
  constructor(side, help) {
    this.#side = side;
    this.element = document.createElement("canvas");
    const attributes = {
      ...{ class: "field", tabindex: "0", role: "application", "aria-describedby": help },
      "aria-label": `The field: your paddle is on the ${side === 0 ? "left" : "right"}`,
    };
    for (const [name, value] of Object.entries(attributes)) this.element.setAttribute(name, value);
    this.#listen();
    this.#sizes = new ResizeObserver(() => this.#fit());
    this.#sizes.observe(this.element);
  }

  /** Where the paddle is to be; asked once a turn, since held keys move it on. */
  wish() {
    this.#want(this.#wish + this.#held * STRIDE);
    return this.#wish;
  }

  /** Show how things stand, coming from how they stood. */
  show(state) {
    this.#former = this.#state ?? state;
    this.#state = state;
    this.#shownAt = performance.now();
    this.#draw();
  }

  close() {
    this.#stop.abort();
    this.#sizes.disconnect();
  }

  #want(place) {
    this.#wish = Math.round(Math.max(PADDLE / 2, Math.min(HEIGHT - PADDLE / 2, place)));
  }

  #listen() {
    const { signal } = this.#stop;
    const on = (name, heard) => this.element.addEventListener(name, heard, { signal });
    const point = ({ clientY }) => {
      const { top, height } = this.element.getBoundingClientRect();
      this.#want(((clientY - top) / height) * HEIGHT);
    };
    on("pointerdown", point);
    on("pointermove", point);
    on("keydown", (event) => {
      const way = UP.has(event.key) ? -1 : Number(DOWN.has(event.key));
      if (way === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.#held = way;
    });
    const release = () => { this.#held = 0; };
    on("keyup", release);
    on("blur", release);
    this.#dark.addEventListener("change", () => this.#fit(), { signal });
  }

  /** As many dots as the screen has, and the colours of the page. */
  #fit() {
    const dots = Math.round(this.element.clientWidth * devicePixelRatio);
    if (dots === 0) return;
    [this.element.width, this.element.height] = [dots, Math.round((dots * HEIGHT) / WIDTH)];
    const style = getComputedStyle(this.element);
    const colour = (name) => style.getPropertyValue(`--${name}`);
    this.#colours = { line: colour("line"), ink: colour("ink"), accent: colour("accent") };
    this.#draw();
  }

  /** Draw on until all of the last turn is shown. */
  #draw() {
    if (this.#drawing || this.#state === null) return;
    this.#drawing = true;
    requestAnimationFrame((now) => {
      this.#drawing = false;
      const isSeen = this.element.clientWidth > 0 && this.#colours !== null;
      if (this.#stop.signal.aborted || !isSeen) return;
      const part = Math.min(1, Math.max(0, (now - this.#shownAt) / TURN));
      this.#paint(part);
      if (part < 1) this.#draw();
    });
  }

  #paint(part) {
    const { ink, line, accent } = this.#colours;
    const pen = this.element.getContext("2d");
    const scale = this.element.width / WIDTH;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.fillStyle = line;
    for (let y = 20; y < HEIGHT; y += 60) pen.fillRect(WIDTH / 2 - 4, y, 8, 30);
    for (const side of [0, 1]) {
      const [from, to] = [this.#former.paddles[side], this.#state.paddles[side]];
      const x = side === 0 ? MARGIN : WIDTH - MARGIN - THICK;
      pen.fillStyle = side === this.#side ? accent : ink;
      box(pen, x, from + (to - from) * part - PADDLE / 2, THICK, PADDLE);
    }
    this.#ball(pen, ink, part);
  }

  #ball(pen, ink, part) {
    const [x, y] = along(this.#state, part);
    const last = this.#trail.at(-1);
    if (this.#calm.matches || (last && Math.abs(last[0] - x) > WIDTH / 4)) this.#trail = [];
    this.#trail = [...this.#trail.slice(1 - TRAIL), [x, y]];
    pen.fillStyle = ink;
    this.#trail.forEach(([left, top], at) => {
      const size = (BALL * (at + 1)) / this.#trail.length;
      pen.globalAlpha = at === this.#trail.length - 1 ? 1 : 0.15;
      box(pen, left - size / 2, top - size / 2, size, size);
    });
    pen.globalAlpha = 1;
  }
}

/** Where the ball is, after this part of the last turn. */
function along({ path, ball }, part) {
  if (path.length < 2) return [ball.x, ball.y];
  const at = part * (path.length - 1);
  const index = Math.min(path.length - 2, Math.floor(at));
  const [[x, y], [toX, toY]] = path.slice(index, index + 2);
  // After a point the ball is elsewhere at once.
  if (Math.abs(toX - x) > WIDTH / 4) return [toX, toY];
  return [x + (toX - x) * (at - index), y + (toY - y) * (at - index)];
}

function box(pen, x, y, width, height) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, Math.min(width, height) / 3);
  pen.fill();
}
