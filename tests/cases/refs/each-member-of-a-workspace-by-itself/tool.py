import os

url = os.environ["SHARED_URL"]
root = os.environ["ROOT_ONLY"]
