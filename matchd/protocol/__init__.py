"""What is said: every body and message as frozen types, with their codecs. Pure, like `domain`.

An edge decodes once with these and hands typed values to services; a service answers with them.
"""
