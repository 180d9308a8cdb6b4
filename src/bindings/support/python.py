import json
import math
import re
from typing import Annotated, Any, Literal  # noqa: F401

from pydantic import BeforeValidator, Field, Secret, SecretStr, TypeAdapter  # noqa: F401
from pydantic_settings import BaseSettings, SettingsConfigDict

_SPACES = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")


def _shape(*types: str, **rest: Any) -> dict[str, Any]:
    matching = [TypeAdapter(Annotated[str, Field(pattern=pattern)]) for pattern in rest.pop("patterns", [])]
    return {"types": types, "matching": matching, **rest}


def _reads(*types: str, **rest: Any) -> BeforeValidator:
    shape = _shape(*types, **rest)

    def read(value: Any) -> Any:
        if isinstance(value, str):
            value = _read(value, shape)
        _check(value, shape)
        return value

    return BeforeValidator(read)


def _read(text: str, shape: dict[str, Any]) -> Any:
    """The text where it is allowed as it stands, else the first of the types that it spells, else the text."""
    types = shape["types"]
    if "string" in types and text in shape.get("one_of", []):
        return text
    if ("integer" in types or "number" in types) and re.fullmatch("-?[0-9]+", text):
        return int(text) if len(text) < 4000 else text
    if "number" in types and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        number = float(text)
        if math.isfinite(number):
            return number
    if "boolean" in types and text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    if "null" in types and text == "":
        return None
    if "array" in types:
        items = _items(text, shape)
        if items is not None:
            return items
    if "object" in types and text.lstrip(_SPACES).startswith("{"):
        value = _json(text)
        if isinstance(value, dict):
            return value
    return text


def _items(text: str, shape: dict[str, Any]) -> list[Any] | None:
    if text.lstrip(_SPACES).startswith("["):
        value = _json(text)
        return value if isinstance(value, list) else None
    if text == "":
        return []
    plain: dict[str, Any] = {"types": ("string",)}
    texts = text.split(shape.get("separator", ","))
    return [_read(item.strip(_SPACES), shape.get("items", plain)) for item in texts]


def _json(text: str) -> Any:
    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            raise ValueError
        return value

    def never(word: str) -> Any:
        raise ValueError

    try:
        return json.loads(text, parse_float=number, parse_constant=never)
    except (ValueError, RecursionError):
        return None


def _check(value: Any, shape: dict[str, Any]) -> None:
    if not any(_is(value, name) for name in shape["types"]):
        raise ValueError("is not " + " or ".join(shape["types"]))
    if "one_of" in shape and not any(_same(value, other) for other in shape["one_of"]):
        raise ValueError("is not one of the values that are allowed")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(value, shape)
    elif isinstance(value, str):
        _check_size(len(value), shape, "minLength", "maxLength", "characters")
        for pattern in shape.get("matching", []):
            try:
                pattern.validate_python(value)
            except ValueError:
                raise ValueError("does not match the pattern") from None
    elif isinstance(value, list):
        _check_size(len(value), shape, "minItems", "maxItems", "items")
        for item in value:
            if "items" in shape:
                _check(item, shape["items"])


def _check_number(value: float, shape: dict[str, Any]) -> None:
    if "minimum" in shape and value < shape["minimum"]:
        raise ValueError(f"is below {shape['minimum']}")
    if "maximum" in shape and value > shape["maximum"]:
        raise ValueError(f"is above {shape['maximum']}")
    if "exclusiveMinimum" in shape and value <= shape["exclusiveMinimum"]:
        raise ValueError(f"is not above {shape['exclusiveMinimum']}")
    if "exclusiveMaximum" in shape and value >= shape["exclusiveMaximum"]:
        raise ValueError(f"is not below {shape['exclusiveMaximum']}")
    if "multipleOf" in shape and not _is_multiple(value, shape["multipleOf"]):
        raise ValueError(f"is no multiple of {shape['multipleOf']}")


def _is_multiple(value: float, divisor: float) -> bool:
    if isinstance(value, int) and isinstance(divisor, int):
        return value % divisor == 0
    rest = abs(math.remainder(value, divisor))
    return rest <= abs(value) * 1e-14


def _check_size(size: int, shape: dict[str, Any], least: str, most: str, what: str) -> None:
    if least in shape and size < shape[least]:
        raise ValueError(f"has fewer than {shape[least]} {what}")
    if most in shape and size > shape[most]:
        raise ValueError(f"has more than {shape[most]} {what}")


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    kinds = {"number": (int, float), "null": type(None), "array": list, "object": dict, "string": str}
    return name in kinds and isinstance(value, kinds[name])


def _same(one: Any, other: Any) -> bool:
    """As JSON has it: a boolean is no number."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return isinstance(one, bool) == isinstance(other, bool) and one == other
