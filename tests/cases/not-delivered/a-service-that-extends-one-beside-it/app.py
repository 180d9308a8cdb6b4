import os

url = os.environ["DATABASE_URL"]
key = os.environ["SECRET_KEY"]
