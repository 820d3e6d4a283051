import type { Abortable } from "./emitter.js";

export interface Friend {
  id: string;
  name?: string;
  state: "friend" | "incoming" | "outgoing" | "blocked";
  online: boolean;
  presence?: "online" | "lobby" | "game";
  since: number;
}

/** `who` is a name or an id. */
export class Friends {
  private constructor();
  list(options?: { state?: Friend["state"] } & Abortable): Promise<Friend[]>;
  add(who: string, options?: Abortable): Promise<{ id: string; name?: string; state: string }>;
  /** One's own friend code; null where there is none, and friends ask by name. */
  ownCode(options?: Abortable): Promise<string | null>;
  addByCode(code: string, options?: Abortable): Promise<{ id: string; name?: string; state: string }>;
  remove(who: string, options?: Abortable): Promise<{ id: string; name?: string; state: string }>;
  block(who: string, options?: Abortable): Promise<{ id: string; name?: string; state: string }>;
  unblock(who: string, options?: Abortable): Promise<{ id: string; name?: string; state: string }>;
  setVisible(visible: boolean, options?: Abortable): Promise<void>;
}
