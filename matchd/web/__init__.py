"""The HTTP edge: the only home of quart and hypercorn. Parses, calls one service method, answers.

`daemon` alone imports this. `app.create_app` makes the routes, `serve.HttpServer` runs them on the
connections the listener hands over.
"""
