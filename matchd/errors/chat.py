"""The refusals of chat and reports."""

from __future__ import annotations

from matchd.errors.general import Forbidden, NotFound, Refusal


class NotMember(Forbidden):
    """The chat room is for its members."""

    code = "not_member"
    text = "You are not in this room."


class Muted(Forbidden):
    """The creator of the chat room has the caller say nothing there."""

    code = "muted"
    text = "You are muted in this room."


class UnknownMessage(NotFound):
    """There is no such message for the caller, or not any more."""

    code = "unknown_message"
    text = "There is no such message."


class UnknownReport(NotFound):
    """There is no such report, or it is somebody else's."""

    code = "unknown_report"
    text = "There is no such report."


class AlreadyMember(Refusal):
    """Who is to be taken in is in the chat room."""

    code = "already_member"
    text = "This player is in the room already."


class ChatFull(Refusal):
    """The chat room has as many members as any may."""

    code = "chat_full"
    text = "The room is full."


class TooManyChats(Refusal):
    """One of the players is in as many chat rooms as anybody may."""

    code = "too_many_chats"
    text = "You, or who you take in, are in too many rooms."


class ReportClosed(Refusal):
    """The report has its outcome already."""

    code = "report_closed"
    text = "This report is closed already."
