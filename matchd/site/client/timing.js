/** Waiting that ends when a signal says so, and how long to wait before the next attempt. */

import { MatchdError } from "./errors.js";

/** A restart takes seconds: whoever doubles waits too long for the end of it. */
const GROWTH = 1.6;

/** Wait; rejects with the signal's reason. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve(undefined);
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Resolve as the promise does, or reject with the signal's reason. What the promise stands for goes on. */
export function unless(signal, promise) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * A signal that follows another one and a time limit; `done()` lets go of both. After the time limit
 * its reason is a MatchdError with the code `timeout`.
 */
export function limited(signal, milliseconds, message = "No answer in time.") {
  const controller = new AbortController();
  const follow = () => controller.abort(signal.reason);
  if (signal?.aborted) follow();
  signal?.addEventListener("abort", follow, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new MatchdError("timeout", message));
  }, milliseconds);
  const done = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", follow);
  };
  return { signal: controller.signal, done };
}

/** Exponential back-off with full jitter: anything from 0 to the limit, which grows up to `most`. */
export class Backoff {
  #limit;
  #first;
  #most;

  constructor(first = 500, most = 20_000) {
    this.#first = this.#limit = first;
    this.#most = most;
  }

  /** Milliseconds to wait; at least `least`, plus jitter. */
  next(least = 0) {
    const wait = least + Math.random() * this.#limit;
    this.#limit = Math.min(this.#most, this.#limit * GROWTH);
    return wait;
  }

  reset() {
    this.#limit = this.#first;
  }
}

/** 128 unguessable bits, as 22 URL-safe characters. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
