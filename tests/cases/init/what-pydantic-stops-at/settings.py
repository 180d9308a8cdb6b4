from typing import Annotated, Literal

from pydantic import AnyUrl, Field, PositiveInt, conint, field_validator
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    beta: bool
    hosts: list[str]
    limits: dict[str, int] = {}
    retries: int | None = None
    workers: PositiveInt = 2
    depth: conint(ge=5) = 5
    speed: Annotated[int, Field(ge=1, le=9)] = 3
    origins: list[AnyUrl] | str = []
    names: list[str] = []
    timeout: int | None = None

    @field_validator("timeout", mode="before")
    @classmethod
    def nothing_is_none(cls, value):
        return value or None
