"""The grammar of an HTTP/1.x head that every reader of one checks by (RFC 9110, 9112). Pure."""

import re

NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP/([0-9](?:\.[0-9])?)")
BAD_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:\[\]%-]*")
LENGTH = re.compile(rb"[0-9]{1,20}")
