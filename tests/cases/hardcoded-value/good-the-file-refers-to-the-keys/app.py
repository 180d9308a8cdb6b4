import os

port = os.environ["API_PORT"]
level = os.environ["API_LEVEL"]
