import type { Abortable, Listens } from "./emitter.js";
import type { MatchdError } from "./errors.js";

export interface ChatMessage {
  room: string;
  sender: string;
  content: string;
  timestamp: number;
  seq: number;
  id: string;
  editedAt?: number;
  deleted?: boolean;
}

export interface ChatEvents {
  message: [ChatMessage];
  edited: [ChatMessage];
  deleted: [{ room: string; seq: number }];
  joined: [room: string, who: string, by: string | null];
  left: [room: string, who: string];
  typing: [room: string, who: string];
  /** These are not kept any more. */
  gap: [{ room: string; from: number; to: number }];
  refused: [MatchdError];
  away: [];
  back: [];
  end: [MatchdError];
}

/** `@name` is the direct line to a player. */
export class Chat {
  private constructor();
  on: Listens<ChatEvents>["on"];
  next: Listens<ChatEvents>["next"];
  readonly rooms: Set<string>;
  /** Resolves when it is stored; sent again until then. */
  send(room: string, content: string, options?: { id?: string } & Abortable): Promise<{
    room: string; seq: number; id: string; timestamp: number;
  }>;
  /** Everything up to this number has been read. */
  read(room: string, seq: number): boolean;
  typing(room: string): boolean;
  users(options?: Abortable): Promise<string[]>;
  create(room: string, users?: string[], options?: Abortable): Promise<any>;
  add(room: string, user: string, options?: Abortable): Promise<any>;
  leave(room: string, options?: Abortable): Promise<void>;
  kick(room: string, user: string, options?: Abortable): Promise<any>;
  mute(room: string, user: string, muted?: boolean, options?: Abortable): Promise<any>;
  edit(room: string, seq: number, content: string, options?: Abortable): Promise<any>;
  delete(room: string, seq: number, options?: Abortable): Promise<any>;
  history(room: string, options?: { before?: number; after?: number; limit?: number } & Abortable): Promise<{
    room: string; messages: ChatMessage[]; cursor: number; last: number;
    gap?: { room: string; from: number; to: number };
  }>;
  unread(options?: Abortable): Promise<{ room: string; unread: number; cursor: number; last: number }[]>;
  close(): void;
}
