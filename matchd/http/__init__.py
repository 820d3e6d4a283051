"""What is answered over HTTP, whoever carries it: no framework, no sockets.

Owns `Ask` and `Answer`, what all answers have in common (`desk`, `cors`), and the routes that are asked
all day, in one table (`routes`), handlers included. Two edges carry them: `matchd.web` under hypercorn,
and `matchd.express` without. Imported by those two and by the daemon.
"""
