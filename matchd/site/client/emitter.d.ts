/** Of every call: abort it, and it rejects with the signal's reason. */
export interface Abortable {
  signal?: AbortSignal;
}

/** `on` returns how to stop; a `signal` stops it too. */
export interface Listens<Events> {
  on<Name extends keyof Events>(
    name: Name, listener: (...args: Events[Name] extends any[] ? Events[Name] : never) => void, options?: Abortable,
  ): () => void;
  /** The next event of this name: its first argument. */
  next<Name extends keyof Events>(
    name: Name, options?: Abortable,
  ): Promise<Events[Name] extends [infer First, ...any[]] ? First : void>;
}

export interface Page<Item> {
  items: Item[];
  /** Where the next page begins; null at the end. */
  cursor: string | null;
}
