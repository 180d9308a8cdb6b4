from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    vault: SecretStr = "hunter2-plain-default"
    webhook: SecretStr
    pin: SecretStr | None = Field(
        "hunter2-further-down",
        alias="DOOR",
    )
    region: str = "north"
    copied: str = "hunter2-plain-default"
