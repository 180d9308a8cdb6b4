from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str
    cache_url: str
    log_level: Literal["debug", "info", "warning"] = "info"
    workers: int = 4
    session_secret: str
    mail_from: str | None = None
    rate: float = Field(default=0.5, alias="SAMPLE_RATE")
