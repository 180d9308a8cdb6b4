import os

print(os.environ["SECRET_KEY"], os.environ["MODE_NAME"])
