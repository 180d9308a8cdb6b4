from pydantic import Field, PostgresDsn, SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    model_config = {"env_prefix": "APP_"}

    vault: SecretStr
    db: PostgresDsn
    workers: int = Field(4, alias="WEB_WORKERS")
