import os

url = os.environ["QUEUE_URL"]
key = os.environ["X_KEY"]
