import os

mode = os.environ["API_MODE"]
size = os.environ["API_SIZE"]
