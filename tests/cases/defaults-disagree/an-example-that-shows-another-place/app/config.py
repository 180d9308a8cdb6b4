import os

REMOTE_URL = os.getenv("APP_REMOTE_URL", "http://localhost:8000")
BROKER_URL = os.getenv("APP_BROKER_URL", "redis://localhost:6379/0")
PORT = int(os.getenv("APP_PORT", "8000"))
WORKER_LOG = os.getenv("APP_WORKER_LOG", "/var/log/app/worker.log")
UPSTREAM_URL = os.getenv("APP_UPSTREAM_URL", "http://localhost:7860")
