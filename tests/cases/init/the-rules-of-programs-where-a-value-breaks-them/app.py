import os

WORKERS = int(os.environ["WORKERS"])
try:
    DEPTH = int(os.environ["DEPTH"])
except ValueError:
    DEPTH = 3
