import os

key = os.environ["LIBRARY_KEY"]
url = os.environ["QUEUE_URLS"]
