import os

url = os.environ["SHARED_URL"]
