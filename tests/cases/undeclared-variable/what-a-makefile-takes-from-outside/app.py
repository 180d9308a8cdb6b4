import os

print(os.environ["DB_URL"])
