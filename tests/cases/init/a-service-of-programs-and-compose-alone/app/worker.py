import os

QUEUE = os.environ["QUEUE_NAME"]
RETRIES = int(os.getenv("QUEUE_RETRIES", "3"))
VERBOSE = os.getenv("QUEUE_VERBOSE", "no").lower() in ("true", "yes")
HOME = os.environ["HOME"]
