import os

print(os.environ["APP_PORT"], os.environ["DB_HOST"], os.environ["DB_PORT"], os.environ["CACHE_URL"])
