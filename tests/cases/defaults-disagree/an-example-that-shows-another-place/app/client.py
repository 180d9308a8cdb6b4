import os

UPSTREAM_URL = os.getenv("APP_UPSTREAM_URL", "http://localhost:7860/")
