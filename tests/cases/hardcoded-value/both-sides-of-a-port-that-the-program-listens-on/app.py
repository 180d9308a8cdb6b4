import os

PORT = int(os.environ["API_PORT"])
