import os

UPSTREAM_URL = os.environ.get("APP_UPSTREAM_URL")
