import type { Abortable, Listens, Page } from "./emitter.js";
import type { Room, RoomOptions } from "./room.js";

export interface LobbyPlayer {
  id: string;
  publicKey: string;
  name: string;
  is_you: boolean;
  is_owner: boolean;
  connected: boolean;
  ready: boolean;
}

export interface LobbyView {
  id: string;
  game_id: string;
  name: string;
  is_owner: boolean;
  player_count: number;
  max_players: number;
  /** Empty for outsiders. */
  players: LobbyPlayer[];
  status: "Waiting" | "InProgress";
  is_private: boolean;
  is_whitelisted: boolean;
  has_password: boolean;
  metadata: Record<string, any>;
  /** For members. */
  code?: string;
}

export interface LobbyOptions extends Abortable {
  game: string;
  name?: string;
  isPrivate?: boolean;
  maxPlayers?: number;
  password?: string;
  whitelist?: string[];
  metadata?: Record<string, any>;
}

export class Lobbies {
  private constructor();
  list(options?: {
    game?: string; status?: LobbyView["status"]; search?: string; limit?: number; cursor?: string;
  } & Abortable): Promise<Page<LobbyView>>;
  /**
   * A list that stays true: `changed` hears it first and after every change; not `complete` are the newest
   * of more lobbies than a server tells at once.
   */
  watch(changed: (lobbies: LobbyView[], complete: boolean) => void, options?: {
    game?: string;
    onInvited?(lobby: LobbyView, from: string): void;
    onTrouble?(error: unknown): void;
  } & Abortable): { close(): void };
  get(id: string, options?: Abortable): Promise<LobbyView>;
  create(options: LobbyOptions): Promise<Lobby>;
  join(options: { id?: string; code?: string; password?: string } & Abortable): Promise<Lobby>;
}

export interface LobbyEvents {
  change: [LobbyView];
  /** It is gone, or one is out of it. */
  end: [];
}

export class Lobby {
  private constructor();
  on: Listens<LobbyEvents>["on"];
  next: Listens<LobbyEvents>["next"];
  readonly id: string;
  readonly view: LobbyView;
  get players(): LobbyPlayer[];
  /** By which friends come in. */
  get code(): string | undefined;
  refresh(options?: Abortable): Promise<LobbyView>;
  setReady(ready: boolean, options?: Abortable): Promise<LobbyView>;
  start(options?: Abortable): Promise<LobbyView>;
  kick(player: string, options?: Abortable): Promise<LobbyView>;
  setOwner(player: string, options?: Abortable): Promise<LobbyView>;
  /** Names, ids or keys; resolves with how many. */
  invite(players: string[], options?: Abortable): Promise<number>;
  change(options: {
    name?: string; maxPlayers?: number; metadata?: Record<string, any>; isPrivate?: boolean;
    password?: string | null;
  } & Abortable): Promise<LobbyView>;
  /** Meet the connected members as peers. */
  connect(options?: Omit<RoomOptions, "next" | "topology">): Promise<Room>;
  peers(options?: Abortable): Promise<any>;
  leave(options?: Abortable): Promise<void>;
  delete(options?: Abortable): Promise<void>;
}
