"""How a model is run: `open_engine` picks an implementation of the `Engine` protocol.

`transformers` runs a model in this process, `replay` serves recorded responses, `fake` answers
from a function of your own. torch and transformers are imported inside functions only.
"""
