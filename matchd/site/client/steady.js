/**
 * Waiting that a hidden tab does not slow down. Browsers let the timers of one fire once a minute, and a
 * host that beats so rarely is offered to nobody; the timers of a worker go on. Where a worker can't be
 * had (Node, a page's policy) it is an ordinary wait.
 */

import { pause } from "./timing.js";

const CODE = "onmessage = ({ data: [id, wait] }) => setTimeout(() => postMessage(id), wait);";

/** Undefined before it was tried, null where there is none. */
let worker;
let count = 0;
/** What is to be done at each tick, by its number. */
const waiting = new Map();

/** Wait; rejects with the signal's reason. */
export function steadyPause(milliseconds, signal) {
  const id = ++count;
  const tick = new Promise((done) => waiting.set(id, done));
  ticker()?.postMessage([id, milliseconds]);
  return Promise.race([tick, pause(milliseconds, signal)]).finally(() => waiting.delete(id));
}

function ticker() {
  if (worker !== undefined) return worker;
  worker = null;
  if (typeof document === "undefined" || typeof Worker === "undefined") return worker;
  try {
    const made = new Worker(trusted(`data:text/javascript,${encodeURIComponent(CODE)}`));
    made.onmessage = ({ data }) => waiting.get(data)?.();
    made.onerror = () => {
      worker = null;
    };
    worker = made;
  } catch {
    // The page's policy forbids it.
  }
  return worker;
}

/** The address of a script, also under a policy of Trusted Types that allows "matchd". */
function trusted(url) {
  const policy = globalThis.trustedTypes?.createPolicy("matchd", { createScriptURL: (text) => text });
  return policy ? policy.createScriptURL(url) : url;
}
