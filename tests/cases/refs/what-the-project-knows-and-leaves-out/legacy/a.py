import os

D = os.environ["OLD_TOKEN"]
