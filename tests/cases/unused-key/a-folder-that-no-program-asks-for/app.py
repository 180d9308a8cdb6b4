import os

# LOG_FOLDER was read here once.
port = int(os.environ["API_PORT"])
