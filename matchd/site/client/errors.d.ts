/** What a refusal is about: the server's codes (README, "Errors") and the client's own. */
export type ErrorCode =
  | "network" | "timeout" | "bad_answer" | "websocket_blocked" | "no_webrtc" | "no_websocket" | "no_crypto"
  | "other_origin" | "invalid_phrase" | "invalid_backup" | "connection_failed" | "closed" | "replaced" | "gone" | "locked"
  | "invalid_request" | "unauthorized" | "bad_token" | "bad_credentials" | "forbidden" | "wrong_secret"
  | "bad_grant" | "banned" | "not_whitelisted" | "wrong_password" | "kicked" | "not_found" | "unknown_host"
  | "unknown_booking" | "unknown_room" | "unknown_player" | "unknown_lobby" | "no_host" | "room_taken"
  | "room_full" | "name_taken" | "player_blocked" | "too_many_friends" | "in_lobby" | "game_started"
  | "lobby_full" | "booking_over" | "account_gone" | "too_large" | "key_reused" | "rate_limited"
  | "too_many_bookings" | "too_many_connections" | "internal" | "unavailable" | "draining" | "misconfigured"
  | "store_unavailable"
  | "unknown_mode" | "not_a_player" | "not_member" | "muted" | "unknown_game" | "not_queued"
  | "unknown_message" | "unknown_report" | "method_not_allowed" | "in_game" | "party_not_ready"
  | "wrong_state" | "already_member" | "chat_full" | "too_many_chats" | "report_closed" | "game_over"
  | "unsupported_media_type" | "cooldown"
  | (string & {});

export class MatchdError extends Error {
  constructor(code: ErrorCode, message: string, more?: {
    status?: number; retryAfter?: number | null; requestId?: string | null;
    details?: Record<string, any>; cause?: unknown;
  });
  readonly code: ErrorCode;
  /** The HTTP status; of a socket its close code less 4000; 0 where nothing answered. */
  readonly status: number;
  /** Seconds after which to try again, where waiting helps. */
  readonly retryAfter: number | null;
  readonly requestId: string | null;
  /** The whole body of the answer. */
  readonly details: Record<string, any>;
  /** Whether the same may work a little later. */
  get temporary(): boolean;
}
