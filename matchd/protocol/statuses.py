"""The HTTP status of every error code (wire.md 1.1): of an answer, and of a refused upgrade.

Both edges read this table; a new refusal is one class in `errors` and one row here. Pure.
"""

from matchd.protocol.news import Close

STATUS = {
    "invalid_request": 400,
    "unknown_mode": 400,
    "unauthorized": 401,
    "bad_token": 401,
    "bad_credentials": 401,
    "forbidden": 403,
    "wrong_secret": 403,
    "bad_grant": 403,
    "banned": 403,
    "not_whitelisted": 403,
    "wrong_password": 403,
    "kicked": 403,
    "not_a_player": 403,
    "not_member": 403,
    "muted": 403,
    "not_found": 404,
    "unknown_host": 404,
    "unknown_booking": 404,
    "unknown_room": 404,
    "unknown_player": 404,
    "unknown_lobby": 404,
    "unknown_game": 404,
    "not_queued": 404,
    "unknown_message": 404,
    "unknown_report": 404,
    "no_host": 404,
    "method_not_allowed": 405,
    "room_taken": 409,
    "room_full": 409,
    "name_taken": 409,
    "player_blocked": 409,
    "too_many_friends": 409,
    "in_lobby": 409,
    "game_started": 409,
    "in_game": 409,
    "party_not_ready": 409,
    "wrong_state": 409,
    "already_member": 409,
    "chat_full": 409,
    "too_many_chats": 409,
    "report_closed": 409,
    "booking_over": 410,
    "account_gone": 410,
    "game_over": 410,
    "too_large": 413,
    "unsupported_media_type": 415,
    "key_reused": 422,
    "lobby_full": 423,
    "rate_limited": 429,
    "cooldown": 429,
    "too_many_bookings": 429,
    "internal": 500,
    "unavailable": 503,
    "store_unavailable": 503,
    "misconfigured": 503,
    "draining": 503,
}

_CLOSES = {401: Close.UNAUTHORIZED, 403: Close.FORBIDDEN, 429: Close.TOO_MANY, 503: Close.RESTART}


def close_code(code: str) -> Close:
    """How a socket is closed that was refused only after its upgrade (wire.md 1.3)."""
    return _CLOSES.get(STATUS[code], Close.MALFORMED)
