"""Settings: typed, bounded fields in nested parts, listed one by one; a fault is one line."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError


def field(default: Any, unit: str, reason: str, **bounds: float) -> Any:
    """A field of a part with its unit, its reason and pydantic's bounds: ge, gt, le, lt."""
    return Field(default, description=reason, json_schema_extra={"unit": unit}, **bounds)


class Part(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """A group of settings: typed, bounded, never changed once made."""


class Setting(NamedTuple):
    """One setting of a recipe.

    path     "loss.kl_weight"
    choices  what it, or each of its items, may be; () for any
    """

    path: str
    value: Any
    unit: str
    reason: str
    choices: tuple[Any, ...]


def settings(part: Part, prefix: str = "") -> Iterator[Setting]:
    """Every setting of a recipe, in order; parts that are left out have none."""
    for name, info in type(part).model_fields.items():
        value, path = getattr(part, name), f"{prefix}{name}"
        if isinstance(value, Part):
            yield from settings(value, f"{path}.")
        elif info.json_schema_extra:
            unit = info.json_schema_extra["unit"]
            yield Setting(path, value, unit, info.description, _choices(info.annotation))


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return _choices(get_args(annotation)[0]) if get_origin(annotation) is tuple else ()


def setting_paths(part: type[Part], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Path and default of every setting of a type, those of left-out parts included."""
    for name, info in part.model_fields.items():
        path = f"{prefix}{name}"
        kinds = [
            kind
            for kind in (info.annotation, *get_args(info.annotation))
            if isinstance(kind, type) and issubclass(kind, Part)
        ]
        if type(None) in get_args(info.annotation) or not kinds:
            yield path, info.default
        for kind in kinds:
            yield from setting_paths(kind, f"{path}.")


def unknown_setting(family: str, name: str, known: Mapping[str, Any]) -> str:
    """What to say of a setting that a family does not know: what it knows there."""
    part = f"{name.rpartition('.')[0]}."
    there = [path for path in known if path.startswith(part)] or list(known)
    return f"{family} recipes have no setting {name}: they have {', '.join(there)}"


def from_text(value: Any, default: Any) -> Any:
    """A value as JSON has it: "none" is no part, and "64,8" a list where the setting is one."""
    if not isinstance(value, str) or isinstance(default, str | float):
        return value
    if value == "none" and default is None:
        return None
    if isinstance(default, int):  # pydantic compares a choice like 0, 1 or 3 as it stands
        return int(value) if value.isdecimal() and not isinstance(default, bool) else value
    return [item for item in value.split(",") if item]


def first_fault(error: ValidationError) -> str:
    """The first fault that pydantic found, in its own words: "data.seed: input should be …"."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg'][:1].lower()}{first['msg'][1:]}"


_RULES = {
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be above {gt:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:,}",
    "literal_error": "must be one of {expected}",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "model_attributes_type": "must hold settings by name",
    "union_tag_invalid": "must be one of {expected_tags}",
    "model_type": "must be none, or one of its settings, like finetuning.share=0.2",
    "missing": "must be given",
    "too_short": "must hold at least {min_length}",
}


def one_line(error: ValidationError, recipe: type[Part]) -> str:
    """The first fault that pydantic found: the setting, the rule and what was given."""
    first = error.errors()[0]
    tags = ("conv", "residual", "dense")  # pydantic names the kind of network on the way
    path = ".".join(str(step) for step in first["loc"] if step not in tags)
    if first["type"] == "extra_forbidden":
        return unknown_setting(
            recipe.model_fields["family"].default, path, dict(setting_paths(recipe))
        )
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    rule = _RULES.get(first["type"], first["msg"]).format(**first.get("ctx", {}))
    given = "" if first["type"] == "missing" else f", got {first['input']!r}"
    return f"{path} {rule}{given}".replace("'", "")
