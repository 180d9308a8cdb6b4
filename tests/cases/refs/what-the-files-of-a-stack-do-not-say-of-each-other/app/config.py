import os
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_SPARK_")

    log_level: str = "INFO"
    api_host: str = "0.0.0.0"
    api_port: int = 8883
    remote_url: str = "http://localhost:8000"
    database_url: str
    http_timeout: float = 600
    encryption_key: str


def environment():
    return os.environ.get("ENVIRONMENT", "unknown")


def telemetry_is_off():
    return os.getenv("APP_SPARK_DISABLE_TELEMETRY", "false") == "true" or os.getenv("CI") is not None
