import os

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    log_to_file: bool = True
    retry_count: int = 4


port = float(os.getenv("API_PORT", "8000.0"))
raw = os.getenv("HTTP_TIMEOUT", "600")
try:
    timeout = float(raw)
except ValueError:
    timeout = 600.0
