import os

QUEUE = os.environ["QUEUE_URL"]
LEVEL = os.getenv("LEVEL_NAME", "info")
