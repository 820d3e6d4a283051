"""What this server is, described for programs and people: `/openapi.json`, `/asyncapi.json`, `/docs`.

Each noun has a table of its routes, by `METHOD /path`; a new route is one `Route` there, with the
protocol's own types as its body and answer. Tests hold the tables against the application and against
every answer that it gives. Imports nothing of Quart; `web` alone imports this.
"""
