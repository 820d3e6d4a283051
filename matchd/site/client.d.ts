/**
 * Types of the client of matchd (client.js). What the server answers keeps the server's names; see the
 * README's tables for what each field means.
 */

import type { Account, Login } from "./client/accounts.js";
import type { Chat } from "./client/chat.js";
import type { ServerCheck } from "./client/check.js";
import type { Abortable, Page } from "./client/emitter.js";
import type { MatchdError } from "./client/errors.js";
import type { EventFeed } from "./client/events.js";
import type { Friends } from "./client/friends.js";
import type { Game, QueueOptions } from "./client/games.js";
import type { HostOptions, HostSession } from "./client/host.js";
import type { KeyAccount } from "./client/keys.js";
import type { Lobbies, Lobby, LobbyOptions } from "./client/lobbies.js";
import type { FindOptions, Match } from "./client/match.js";
import type { Room, RoomOptions } from "./client/room.js";

export type { Account, Login } from "./client/accounts.js";
export { Chat } from "./client/chat.js";
export type { ChatMessage, ChatEvents } from "./client/chat.js";
export type { ServerCheck } from "./client/check.js";
export type { Abortable, Listens, Page } from "./client/emitter.js";
export { MatchdError } from "./client/errors.js";
export type { ErrorCode } from "./client/errors.js";
export { EventFeed } from "./client/events.js";
export type { FeedEvents } from "./client/events.js";
export { Friends } from "./client/friends.js";
export type { Friend } from "./client/friends.js";
export { Game } from "./client/games.js";
export type { QueueOptions, GamePlayer, GameView, GameEvents } from "./client/games.js";
export { HostSession, Player } from "./client/host.js";
export type { HostOptions, HostEvents, PlayerEvents } from "./client/host.js";
export { KeyAccount } from "./client/keys.js";
export { Lobbies, Lobby } from "./client/lobbies.js";
export type { LobbyPlayer, LobbyView, LobbyOptions, LobbyEvents } from "./client/lobbies.js";
export { Match } from "./client/match.js";
export type { FindOptions, MatchEvents } from "./client/match.js";
export { RoomPeer } from "./client/mesh.js";
export type { RoomPeerEvents } from "./client/mesh.js";
export { pathOf } from "./client/path.js";
export type { Path, ConnectionState, ChannelPlan } from "./client/path.js";
export { Room } from "./client/room.js";
export type { RoomOptions, RoomEvents } from "./client/room.js";

export interface Options {
  /** Where to keep the login: localStorage for all tabs, until a logout. In memory, if not said. */
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  fetch?: typeof fetch;
  /** For environments without their own. */
  WebSocket?: any;
  RTCPeerConnection?: any;
}

/** One server, and who one is there. */
export class Matchd {
  /** `server`: where this module comes from, if not said. */
  constructor(server?: string | URL, options?: Options);
  readonly friends: Friends;
  readonly lobbies: Lobbies;
  /** The server's origin. */
  get server(): string;
  /** Null for a guest. */
  get account(): Account | null;
  on(name: "change", listener: (account: Account | null) => void, options?: Abortable): () => void;
  /** The login has ended on the server's side: log in again. */
  on(name: "expired", listener: (error: MatchdError | null) => void, options?: Abortable): () => void;

  signUp(options: { name: string; password: string; device?: string } & Abortable): Promise<Account>;
  login(options: Login): Promise<Account>;
  logout(options?: { everywhere?: boolean } & Abortable): Promise<void>;
  me(options?: Abortable): Promise<Record<string, any>>;
  exportData(options?: Abortable): Promise<Record<string, any>>;
  isNameTaken(name: string, options?: Abortable): Promise<boolean>;
  changePassword(former: string, next: string, options?: Abortable): Promise<void>;
  deleteAccount(proof: { password?: string; key?: KeyAccount; username?: string } & Abortable): Promise<void>;

  /** Find a host and connect to it; `(await findMatch()).connection` is a connected RTCPeerConnection. */
  findMatch(options?: FindOptions): Promise<Match>;
  /** Be a host: registered, in its room, ready for players. */
  hostSession(options?: HostOptions): Promise<HostSession>;
  /** Meet everybody who opens the same room; resolves when the server has let us in. */
  joinRoom(name: string, options?: RoomOptions): Promise<Room>;
  createLobby(options: LobbyOptions): Promise<Lobby>;
  joinLobby(options: ({ id: string } | { code: string }) & { password?: string } & Abortable): Promise<Lobby>;
  /**
   * Wait for others to play with; aborting leaves the queue. Whoever is in a game is refused (`in_game`):
   * `joinGame(error.details.game_id)` goes on with it.
   */
  joinQueue(options?: QueueOptions): Promise<Game>;
  joinGame(id: string, options?: Abortable): Promise<Game>;
  history(options?: { limit?: number; cursor?: string } & Abortable): Promise<Page<Record<string, any>>>;
  /** With `receipts`, a message counts as unread until `read`; without, once it has arrived. */
  chat(options?: { receipts?: boolean } & Abortable): Promise<Chat>;
  /** What concerns the player, as it happens. One socket for all who ask; it ends with the login. */
  events(): EventFeed;
  report(options: {
    issue: string; name?: string; target?: string; room?: string; seq?: number;
  } & Abortable): Promise<{ id: string; state: string }>;
  reportState(id: string, options?: Abortable): Promise<Record<string, any>>;
  iceServers(options?: Abortable): Promise<RTCIceServer[]>;
  /** Whether the STUN and TURN servers can be used from here. */
  checkConnection(options?: Abortable): Promise<ServerCheck[]>;
  /** Ask for anything else the server answers. */
  request(method: string, path: string, options?: {
    body?: any; query?: Record<string, any>; token?: string | null; retry?: boolean;
    headers?: Record<string, string>; timeout?: number;
  } & Abortable): Promise<any>;
}
