import os

size = int(os.environ["QUEUE_SIZE"])
