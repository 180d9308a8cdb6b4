import os

port = int(os.getenv("API_PORT", "8000"))
