"""What is done: one verb is one method. Permission, one atomic store call, then the pushes.

Services know domain, protocol and the store's ports. They know neither HTTP nor WebSockets.
"""
