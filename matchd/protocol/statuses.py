"""The HTTP status of every error code (wire.md 1.1): of an answer, and of a refused upgrade.

Both edges read this table; a new refusal is one class in `errors.py` and one row here. Pure.
"""

STATUS = {
    "invalid_request": 400,
    "unauthorized": 401,
    "bad_token": 401,
    "bad_credentials": 401,
    "forbidden": 403,
    "wrong_secret": 403,
    "bad_grant": 403,
    "banned": 403,
    "not_found": 404,
    "unknown_host": 404,
    "unknown_booking": 404,
    "unknown_room": 404,
    "unknown_player": 404,
    "no_host": 404,
    "method_not_allowed": 405,
    "room_taken": 409,
    "room_full": 409,
    "name_taken": 409,
    "player_blocked": 409,
    "too_many_friends": 409,
    "booking_over": 410,
    "account_gone": 410,
    "too_large": 413,
    "unsupported_media_type": 415,
    "key_reused": 422,
    "rate_limited": 429,
    "too_many_bookings": 429,
    "internal": 500,
    "unavailable": 503,
    "store_unavailable": 503,
    "misconfigured": 503,
    "draining": 503,
}
