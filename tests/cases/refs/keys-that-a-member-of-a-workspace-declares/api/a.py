import os

A = os.environ["QUEUE_URL"]
