import os

token = os.environ["WEB_TOKEN"]
