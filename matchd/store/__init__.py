"""What is kept: `ports` say what a store can do, one small Protocol per noun; backends do it.

Services know the ports only; the backends are known to `daemon` alone.
"""
