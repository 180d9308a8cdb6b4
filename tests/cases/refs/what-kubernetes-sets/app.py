import os

print(os.environ["APP_PORT"], os.environ["APP_TOKEN"], os.environ["QUEUE_URL"], os.environ["MISSING_URL"])
