"""How a number of the model is declared: default, unit, plausible range, source and standing.

``standing`` says how far to trust a default:

* ``sourced``: a row of ``sim/rules/evidence.csv`` that was seen in its source, or computed from it, gives the default,
* ``calibrated``: fitted so that a sourced figure is reproduced,
* ``assumed``: nobody has measured it; the range is what matters.

``low`` and ``high`` are the *plausible* range (for sensitivity analysis); ``minimum`` and ``maximum`` are what the
model accepts at all. A range may have sources although the default has none: rows bound it. ``shape`` says how likely
values are within the range: ``uniform`` or ``log-uniform`` between its ends; or it is the 90% interval of a ``normal``,
``lognormal`` or ``logit-normal`` distribution, cut to what the model accepts.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from sim.rules.mechanisms import Mechanism
from sim.rules.sentences import Listed, Sentence, Term, Words, WordsError, spoken

Standing = Literal["sourced", "calibrated", "assumed"]

Shape = Literal["uniform", "log-uniform", "normal", "lognormal", "logit-normal"]

ROUNDING = 1e-9
"""By so much may a sum of shares miss what it is in decimals: .33 + .56 + .11 is a little more than 1 in a computer."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Section(BaseModel):
    """A frozen group of parameters; unknown keys and NaN are refused, in whatever way it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @field_validator("*", mode="after")
    @classmethod
    def _list_as_declared(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a list whose entries are not as `whole_numbers` declares them."""
        if (
            isinstance(value, tuple)
            and info.field_name
            and "each" in _extra(field := cls.model_fields[info.field_name])
        ):
            taken = Parameter.of(info.field_name, field)
            if not taken.allows(value):
                takes = Sentence("it takes {taken}", taken=taken.accepts)
                raise PydanticCustomError("entries", "{takes}", {"takes": spoken(takes)})
        return value

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:  # type: ignore[override]
        """Return a checked section, as the class itself does; pydantic's own would not check."""
        return cls.model_validate(values)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a checked section with other values; pydantic's own would not check."""
        return self.model_validate({name: getattr(self, name) for name in self.model_fields_set} | dict(update or {}))

    def copy(self, **changes: Any) -> Self:
        """Do what `model_copy` does, under its old name."""
        return self.model_copy(**changes)

    def given(self) -> Iterator[str]:
        """Yield the names of the settings that were given rather than left at their defaults, dotted, in order."""
        for name in type(self).model_fields:
            if name in self.model_fields_set:
                value = getattr(self, name)
                yield from (f"{name}.{inner}" for inner in value.given()) if isinstance(value, Section) else [name]


class Frozen(dict[_Key, _Value]):
    """A dictionary that cannot be changed, so that it can be hashed; `dict` makes a copy of it that can."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def _refuse(self, *given: object, **more: object) -> NoReturn:
        refusal = Sentence("this dictionary cannot be changed; for a scenario with other policies use its replace")
        raise TypeError(spoken(refusal))

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse


_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of Unicode: control codes, format marks, halves of letters, ends of lines and of paragraphs."""

_JOINERS = "\u200c\u200d"
"""Format marks without which Persian, Hindi and others cannot be written."""


def unseen(text: str) -> list[str]:
    """Return the characters that are not seen and act: on a terminal, or on the direction in which others are read."""
    if text.isprintable():
        return []
    return [c for c in text if unicodedata.category(c) in _UNSEEN and c not in _JOINERS]


def _all_seen(text: str) -> str:
    """Refuse a text with a character that is not seen: it would go on to terminals, figures and tables."""
    if hidden := unseen(text):
        known: dict[str, Words] = {"\n": Term("a line break"), "\t": Term("a tab")}
        raise WordsError(
            Sentence(
                "character {number} is not seen (U+{code}, {name}). Leave it out.",
                number=text.index(hidden[0]) + 1,
                code=f"{ord(hidden[0]):04X}",
                name=known.get(hidden[0]) or unicodedata.name(hidden[0], "").lower() or Term("a control code"),
            )
        )
    return text


Text = Annotated[str, AfterValidator(_all_seen)]
"""A text for people, in letters of any language."""


@dataclass(frozen=True)
class Parameter:
    """What is declared about one parameter.

    Attributes:
        key: Dotted name as in a scenario file, for instance ``reporting.friction``.
        type: Type of its values.
        default: Value used where a scenario is silent.
        unit: Unit in words; ``1`` for a plain share or factor.
        low: Lower end of the plausible range.
        high: Upper end of the plausible range.
        minimum: Smallest value the model accepts, or ``None``; of a list, of each entry.
        maximum: Largest value the model accepts, or ``None``; of a list, of each entry.
        meaning: One sentence; without its full stop where `accepts` quotes it, of texts and of lists.
        sources: Ids of the rows in ``evidence.csv`` on which default or range rest; the first gives a sourced default.
        standing: ``sourced``, ``calibrated`` or ``assumed``.
        shape: How likely values are over the plausible range; ``None`` for a level of a policy, which is chosen.
        doubt: What its range leaves open, in words that follow "as"; empty if `ranges` is to vary it only when asked.
        chosen: Whether the platform decides it and so knows it: its range is one of choices, not of ignorance.
        fewest: Entries that a list has at least.
        most: Entries that a list has at most, or ``None``.
        rises: Whether no entry of a list may be smaller than the one before.
        through: Mechanisms through which it acts, if it is a rule that a platform can set.
        assumes: What a policy that moves it puts in and nobody has measured, in words; ``{before}`` and ``{after}``
            stand for its values, settings in braces as in `Assumption`. Empty if it puts in nothing.
        idle: Why it moved nothing, if for another reason than its mechanism has.
        sets: The rule whose value it becomes, if it is a level of a policy that does no more.
    """

    key: str
    type: Any
    default: Any
    unit: str
    low: Any
    high: Any
    minimum: Any
    maximum: Any
    meaning: str
    sources: tuple[str, ...]
    standing: Standing
    shape: Shape | None
    doubt: str
    chosen: bool
    fewest: int
    most: int | None
    rises: bool
    through: tuple[Mechanism, ...]
    assumes: str
    idle: str
    sets: str

    @classmethod
    def of(cls, key: str, field: FieldInfo) -> Parameter:
        """Return what a field of a section declares."""
        extra = _extra(field)
        bounds = {type(m).__name__: m for m in field.metadata}
        each = extra.get("each", {})
        return cls(
            key=key,
            type=_without_none(field.annotation),
            default=field.default,
            unit=str(extra.get("unit", "")),
            low=extra.get("low"),
            high=extra.get("high"),
            minimum=each.get("minimum", getattr(bounds.get("Ge"), "ge", None)),
            maximum=each.get("maximum", getattr(bounds.get("Le"), "le", None)),
            meaning=field.description or "",
            sources=tuple(str(extra.get("source", "")).split()),
            standing=extra.get("standing", "assumed"),
            shape=extra.get("shape"),
            doubt=str(extra.get("doubt", "")),
            chosen=bool(extra.get("chosen")),
            fewest=getattr(bounds.get("MinLen"), "min_length", 0),
            most=getattr(bounds.get("MaxLen"), "max_length", None),
            rises=bool(each.get("rises")),
            through=extra.get("through", ()),
            assumes=str(extra.get("assumes", "")),
            idle=str(extra.get("idle", "")),
            sets=str(extra.get("sets", "")),
        )

    def again(self, default: Any, **extra: Any) -> Any:
        """Return a field that takes what this one takes, with another default and more to remember."""
        own: Any = {"unit": self.unit, "low": self.low, "high": self.high}
        told = own | {"source": "", "standing": "assumed", "doubt": ""} | extra
        if get_origin(self.type) is not tuple:
            return Field(default, ge=self.minimum, le=self.maximum, description=self.meaning, json_schema_extra=told)
        if not listed_names(self.type):
            told |= {"each": {"minimum": self.minimum, "maximum": self.maximum, "rises": self.rises}}
        size: Any = {"min_length": self.fewest or None, "max_length": self.most}
        return Field(default, strict=False, description=self.meaning, json_schema_extra=told, **size)

    @property
    def has_range(self) -> bool:
        """Whether a plausible range is declared, and not one value alone."""
        return self.low is not None and bool(self.low < self.high)

    @property
    def accepts(self) -> Words:
        """Say in words which values the model accepts: ``a number from 0 to 1``."""
        meaning = Term(self.meaning)
        if get_origin(self.type) is Literal:
            return Sentence("one of {values}", values=Listed(get_args(self.type)))
        if names := listed_names(self.type):
            return Sentence("a list of one or more of {names}, in this order and none twice", names=Listed(names))
        if isinstance(self.type, type) and issubclass(self.type, Section):
            return Sentence("a section [{name}]", name=self.key)
        kinds: dict[Any, Words] = {
            bool: Term("true or false"),
            int: Term("a whole number"),
            float: Term("a number"),
            tuple[int, ...]: self._whole_numbers,
            dt.date: Term("a date without quotes, such as 2021-01-01"),
            str: Sentence("a text in quotes ({meaning})", meaning=meaning),
            float | int | bool | str | tuple[int, ...] | tuple[str, ...]: Sentence(
                "a value ({meaning})", meaning=meaning
            ),
        }
        if self.type not in kinds:
            if get_origin(self.type) is dict:
                return Sentence("tables ({meaning})", meaning=meaning)
            return Sentence("a list ({meaning})", meaning=meaning)
        bounds = self._bounds
        comma = "," if bounds and self.type is dt.date else None
        rises = Sentence(", none smaller than the one before") if self.rises else None
        return Listed((kinds[self.type], comma, bounds, rises), "")

    @property
    def _whole_numbers(self) -> Words:
        """Return what a list of whole numbers is called."""
        if self.most is None:
            return Term("a list of whole numbers")
        if self.fewest == self.most:
            return Sentence("a list of {n} whole numbers", n=self.most)
        return Sentence("a list of up to {n} whole numbers", n=self.most)

    @property
    def _bounds(self) -> Sentence | None:
        """Return the bounds in words that follow what they bound."""
        if self.minimum is None and self.maximum is None:
            return None
        if self.minimum is None:
            return Sentence(" up to {most}", most=str(self.maximum))
        if self.maximum is None:
            return Sentence(" of at least {least}", least=str(self.minimum))
        return Sentence(" from {least} to {most}", least=str(self.minimum), most=str(self.maximum))

    def allows(self, value: object) -> bool:
        """Tell whether the model accepts `value` for a single number, switch, choice or list."""
        if self.type == tuple[int, ...]:
            return isinstance(value, tuple) and self._allows_list(value)
        if names := listed_names(self.type):
            return isinstance(value, tuple) and in_order(value, names)
        if get_origin(self.type) is Literal:
            return value in get_args(self.type)
        if self.type is bool or isinstance(value, bool):
            return self.type is bool and isinstance(value, bool)
        if not isinstance(value, int if self.type is int else int | float):
            return False
        if isinstance(value, float) and not math.isfinite(value):
            return False
        return self.within(value)

    def within(self, number: int | float) -> bool:
        """Tell whether a number is within the bounds, those of each entry where the value is a list."""
        return (self.minimum is None or self.minimum <= number) and (self.maximum is None or number <= self.maximum)

    def _allows_list(self, values: tuple[Any, ...]) -> bool:
        whole = all(isinstance(v, int) and not isinstance(v, bool) and self.within(v) for v in values)
        long = self.fewest <= len(values) and (self.most is None or len(values) <= self.most)
        return whole and long and (not self.rises or list(values) == sorted(values))


def _extra(field: FieldInfo) -> dict[str, Any]:
    """Return what a field remembers beside what pydantic knows."""
    return dict(field.json_schema_extra) if isinstance(field.json_schema_extra, dict) else {}


def listed_names(kind: Any) -> tuple[str, ...]:
    """Return the names that a list takes whose type is ``tuple[Literal[...], ...]``; none for any other type."""
    of = get_args(kind)[0] if get_origin(kind) is tuple else None
    return get_args(of) if get_origin(of) is Literal else ()


def in_order(values: tuple[Any, ...], names: tuple[str, ...]) -> bool:
    """Tell whether values are at least one of the names, in their order and none twice."""
    return bool(values) and [name for name in names if name in values] == list(values)


def _without_none(annotation: Any) -> Any:
    """Return the type that an optional field takes when it is given."""
    given = [t for t in get_args(annotation) if t is not NoneType]
    return given[0] if NoneType in get_args(annotation) else annotation


def parameter(
    default: Any,
    unit: str,
    low: Any,
    high: Any,
    meaning: str,
    *,
    minimum: Any = 0,
    maximum: Any = None,
    source: str = "",
    standing: Standing = "assumed",
    shape: Shape | None = None,
    doubt: str = "",
    **of_rule: Any,
) -> Any:
    """Declare a parameter as a pydantic field that remembers unit, range, sources, standing, shape and doubt.

    `source` names rows of the evidence, with spaces between them: ``"REP-18 REP-29"``; `of_rule` is what a rule of a
    platform says beside: ``chosen``, ``through``, ``assumes`` and ``idle`` of `Parameter`.
    """
    own = {"unit": unit, "low": low, "high": high, "shape": shape}
    extra = own | {"source": source, "standing": standing, "doubt": doubt}
    return Field(default, ge=minimum, le=maximum, description=meaning, json_schema_extra=extra | of_rule)


def whole_numbers(
    default: Any,
    unit: str,
    meaning: str,
    *,
    minimum: int = 0,
    maximum: int | None = None,
    fewest: int = 0,
    most: int | None = None,
    rises: bool = False,
    source: str = "",
    **of_rule: Any,
) -> Any:
    """Declare a parameter that is a list of whole numbers, with the bounds of its entries and of their number."""
    each = {"minimum": minimum, "maximum": maximum, "rises": rises}
    extra: Any = {"unit": unit, "low": None, "high": None, "source": source, "standing": "assumed", "doubt": ""}
    return Field(
        default,
        min_length=fewest or None,
        max_length=most,
        strict=False,
        description=meaning,
        json_schema_extra=extra | {"each": each} | of_rule,
    )


def names_in_order(default: Any, unit: str, meaning: str, **of_rule: Any) -> Any:
    """Declare a parameter that is a list of names, of the type ``tuple[Literal[...], ...]``: see `in_order`."""
    extra: Any = {"unit": unit, "low": None, "high": None, "source": "", "standing": "assumed", "doubt": ""}
    return Field(default, strict=False, description=meaning, json_schema_extra=extra | of_rule)


def probability(default: float, low: float, high: float, meaning: str, **rest: Any) -> Any:
    """Declare a parameter that is a share or probability: from 0 to 1."""
    return parameter(default, "share", low, high, meaning, maximum=1, **rest)


def declared(sections: Mapping[str, type[Section]]) -> Iterator[Parameter]:
    """Yield every parameter that sections declare, in their order and in that of the fields within."""
    for prefix, section in sections.items():
        for name, field in section.model_fields.items():
            key = f"{prefix}.{name}" if prefix else name
            if isinstance(field.default, Section):
                yield from declared({key: type(field.default)})
            else:
                yield Parameter.of(key, field)
