import os

url = os.environ["DATABASE_URL"]
queue = os.environ["QUEUE_URL"]
timeout = os.getenv("HTTP_TIMEOUT", "600")
