/** Events by name. A listener that throws does not keep the others from hearing. */

export class Emitter {
  /** @type {Map<string, Set<Function>>} */
  #listeners = new Map();

  /**
   * Listen; returns how to stop.
   * @param {string} name
   * @param {(...args: any[]) => void} listener
   * @param {{signal?: AbortSignal}} [options]
   * @returns {() => void}
   */
  on(name, listener, options = {}) {
    const { signal } = options;
    if (signal?.aborted) return () => {};
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    const off = () => {
      this.#listeners.get(name).delete(listener);
      signal?.removeEventListener("abort", off);
    };
    signal?.addEventListener("abort", off, { once: true });
    return off;
  }

  /**
   * The next event of this name: its first argument.
   * @param {string} name
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<any>}
   */
  next(name, options = {}) {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const stop = () => {
        off();
        reject(signal.reason);
      };
      const off = this.on(name, (value) => {
        off();
        signal?.removeEventListener("abort", stop);
        resolve(value);
      });
      if (signal?.aborted) stop();
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  /** @protected */
  emit(name, ...args) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
