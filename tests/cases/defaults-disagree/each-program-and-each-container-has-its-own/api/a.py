import os

A = os.getenv("QUEUE_HOST", "localhost")
B = os.getenv("LISTEN_PORT", "8000")
C = os.getenv("PAGE_SIZE", "20")
