/**
 * The rules of the game of two paddles, as arithmetic on whole numbers: two browsers that are given the
 * same wishes come to the same end. Nothing here knows of a screen, a clock or a socket.
 *
 * Lengths are thousandths of the field's height, and a turn has `STEPS` steps. A wish is where a player
 * wants the middle of his paddle to be, which moves there as fast as it can, or `RESIGN`. The ball gets
 * faster with every stroke, and is served to whoever has lost the last point.
 */

export const WIDTH = 1600;
export const HEIGHT = 1000;
export const PADDLE = 220;
export const THICK = 28;
export const MARGIN = 48;
export const BALL = 30;
export const STEPS = 3;
/** The farthest that a paddle moves in a turn. */
export const STRIDE = 81;
/** Who first has so many points wins. */
export const POINTS = 5;
export const RESIGN = -1;

const SERVE = 13;
const FASTEST = 26;
const SPIN = 15;
/** Steps from the beginning, and from a point, to the next serve. */
const BREAK = 60;
const SIDES = [0, 1];

/** Where a paddle stands at the beginning. */
export const MIDDLE = HEIGHT / 2;

/** Whether this is a wish. */
export const isWish = (wish) => wish === RESIGN || (Number.isInteger(wish) && wish >= 0 && wish <= HEIGHT);

/** Whether these may be the rules' own words of how things stand; somebody else has told them. */
export function isState(state) {
  const { turn, seed, rest, scores, paddles, ball, over } = state ?? {};
  const pairs = [scores, paddles].every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!pairs || typeof over !== "boolean") return false;
  const { x, y, vx, vy } = ball ?? {};
  return [turn, seed, rest, ...scores, ...paddles, x, y, vx, vy].every(Number.isInteger);
}

/** How things stand before the first turn; the seed is the same on both sides. */
export function opening(seed) {
  const fresh = { turn: 0, seed, scores: [0, 0], paddles: [MIDDLE, MIDDLE], over: false };
  return { ...fresh, ...serve(seed, seed & 1), path: [] };
}

/** How things stand a turn later, by the wishes of the left and the right player. */
export function advance(former, wishes) {
  const state = structuredClone(former);
  state.turn += 1;
  state.path = [[state.ball.x, state.ball.y]];
  for (const side of SIDES) if (wishes[side] === RESIGN) state.scores[1 - side] = POINTS;
  state.over = state.scores.includes(POINTS);
  for (let step = 0; step < STEPS && !state.over; step++) {
    for (const side of SIDES) move(state, side, wishes[side]);
    if (state.rest > 0) state.rest -= 1;
    else fly(state);
    state.path.push([state.ball.x, state.ball.y]);
  }
  return state;
}

function serve(seed, side) {
  const next = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  const vy = ((next >>> 16) % 13) - 6;
  const ball = { x: WIDTH / 2, y: HEIGHT / 2, vx: side === 0 ? -SERVE : SERVE, vy };
  return { seed: next, rest: BREAK, ball };
}

function move(state, side, wish) {
  const most = STRIDE / STEPS;
  const way = Math.max(-most, Math.min(most, wish - state.paddles[side]));
  state.paddles[side] = Math.max(PADDLE / 2, Math.min(HEIGHT - PADDLE / 2, state.paddles[side] + way));
}

function fly(state) {
  const { ball } = state;
  ball.x += ball.vx;
  ball.y += ball.vy;
  const rim = BALL / 2;
  if (ball.y < rim || ball.y > HEIGHT - rim) {
    ball.y = ball.y < rim ? BALL - ball.y : 2 * HEIGHT - BALL - ball.y;
    ball.vy = -ball.vy;
  }
  const side = ball.vx < 0 ? 0 : 1;
  strike(state, side);
  if (ball.x < -BALL || ball.x > WIDTH + BALL) score(state, 1 - side);
}

/** The paddle of this side sends the ball back, if it is there. */
function strike({ ball, paddles }, side) {
  const depth = (x) => (side === 0 ? x : WIDTH - x) - BALL / 2 - MARGIN - THICK;
  const off = ball.y - paddles[side];
  const reaches = depth(ball.x) <= 0 && depth(ball.x - ball.vx) > 0;
  if (!reaches || Math.abs(off) > (PADDLE + BALL) / 2) return;
  ball.x -= (side === 0 ? 2 : -2) * depth(ball.x);
  const speed = Math.min(FASTEST, Math.abs(ball.vx) + 1);
  ball.vx = side === 0 ? speed : -speed;
  // Never straight: two who do not move would play for ever.
  ball.vy = Math.trunc((off * 2 * SPIN) / PADDLE) || Math.sign(ball.vy) || 1;
}

function score(state, side) {
  state.scores[side] += 1;
  state.over = state.scores[side] === POINTS;
  Object.assign(state, serve(state.seed, 1 - side));
}
