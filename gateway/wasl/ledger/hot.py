"""Statements of the hot path: SQLAlchemy Core writes each once in the SQL of both engines, the driver runs it."""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from operator import itemgetter
from types import MappingProxyType
from typing import Any
from typing import cast as cast_to

from pydantic_core import to_json
from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Integer,
    LargeBinary,
    Select,
    Text,
    Update,
    bindparam,
    case,
    cast,
    column,
    false,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as Upsert
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import JSON, TypeEngine

Row = tuple[Any, ...]
"""A row as the driver gives it: the columns of the statement, of the types that tables.py names."""
Values = Mapping[str, object]
"""The parameters of a statement by name."""
Statement = Insert | Update | Delete | Select[Row]
_SQLITE = sqlite.dialect(paramstyle="qmark")
_POSTGRES = asyncpg.dialect()  # type: ignore[no-untyped-call]


class Compiled:
    """A statement in the SQL of one engine, and its parameters in order."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.names = tuple(compiled.positiontup or ())
        self.types: dict[str, TypeEngine[Any]] = {name: compiled.binds[name].type for name in self.names}
        # SQLAlchemy makes parameters of its own for some constants (the OFFSET of a LIMIT).
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._pick = itemgetter(*self.names) if len(self.names) > 1 else self._few

    def row(self, values: Values) -> Row:
        """The parameters of one run."""
        return tuple(self._pick({**self._constants, **values} if self._constants else values))

    def _few(self, values: Values) -> Row:
        return tuple(values[name] for name in self.names)


class Hot:
    """A statement that is compiled once (8 µs a row through the driver, where SQLAlchemy's executor takes 15; measured).

    For rows in batches SQLite runs it for each row in one go. PostgreSQL runs it once for all of them: each parameter is a column of
    JSON. `postgres` is that form where it must be another one; its parameters are columns of `batch(...)`.
    Columns of an insert that are the same for all rows are `constants`, in SQL: each parameter costs time.
    """

    def __init__(
        self, statement: Statement, postgres: Statement | None = None, constants: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._constants: dict[str, ColumnElement[Any]] = {name: literal_column(sql) for name, sql in constants.items()}
        self._statement = statement.values(self._constants) if isinstance(statement, Insert) and constants else statement
        self._postgres = postgres

    @cached_property
    def lite(self) -> Compiled:
        """For SQLite."""
        return Compiled(self._statement, _SQLITE)

    @cached_property
    def single(self) -> Compiled:
        """For one run on PostgreSQL."""
        return Compiled(self._statement, _POSTGRES)

    @cached_property
    def batch(self) -> Compiled:
        """For a batch of rows on PostgreSQL."""
        return Compiled(self._postgres if self._postgres is not None else self._over_rows(), _POSTGRES)

    @property
    def inserts(self) -> bool:
        """Whether it adds rows and reads none: then it can go together with others."""
        return isinstance(self._statement, Insert)

    def _over_rows(self) -> Statement:
        rows = batch(**self.single.types)
        if isinstance(self._statement, Insert):
            return self._insert(self._statement, rows)
        names = self.single.types

        def column_of(element: object, **_: object) -> "ColumnElement[Any] | None":
            return _of(rows, element.key, names[element.key]) if isinstance(element, BindParameter) and element.key in names else None

        return cast_to("Statement", visitors.replacement_traverse(self._statement, {}, column_of))

    def _insert(self, statement: Insert, rows: TableValuedAlias) -> Statement:
        names = self.single.names
        keys = [key.name for key in statement.table.primary_key.columns if key.name in names]  # type: ignore[attr-defined]  # a Table
        told = select(*(_of(rows, name, self.single.types[name]) for name in names), *self._constants.values())
        insert = Upsert(statement.table).from_select([*names, *self._constants], told.order_by(*(rows.c[name] for name in keys)))
        insert._post_values_clause = statement._post_values_clause
        return insert


@cache
def together(statements: tuple[Hot, ...]) -> str:
    """Several inserts of batches as one statement of PostgreSQL, which saves the way there and back; $1, $2, … are their rows."""
    *firsts, last = (statement.batch.sql.replace("$1", f"${number}") for number, statement in enumerate(statements, 1))
    return f"WITH {', '.join(f'insert_{n} AS ({sql})' for n, sql in enumerate(firsts, 1))} {last}" if firsts else last


def as_json(rows: Sequence[Values]) -> str:
    """What `batch` reads. Bytes are hexadecimal."""
    return to_json(rows, bytes_mode="hex").decode()


def batch(**types: TypeEngine[Any]) -> TableValuedAlias:
    """The rows of a batch as a table of PostgreSQL, named `batch`, from one parameter.

    As an array for each column they took asyncpg ten times as long: it looks at every value to see whether that is an array too.
    """
    columns = (column(name, Text() if isinstance(of, LargeBinary) else of) for name, of in types.items())
    return func.json_to_recordset(cast(bindparam("rows"), JSON)).table_valued(*columns).render_derived(name="batch", with_types=True)


def _of(rows: TableValuedAlias, name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    return func.decode(rows.c[name], literal_column("'hex'")) if isinstance(type_, LargeBinary) else rows.c[name]


class _Either(ColumnElement[bool]):
    """An expression that each engine writes in its own way."""

    inherit_cache = False

    def __init__(self, lite: ColumnElement[bool], postgres: ColumnElement[bool]) -> None:
        self.lite = lite
        self.postgres = postgres


@compiles(_Either)
def _compile(element: _Either, compiler: SQLCompiler, **how: Any) -> str:
    # In parentheses: SQLAlchemy does not see whether there is an OR inside.
    return f"({compiler.process(element.postgres if compiler.dialect.name == 'postgresql' else element.lite, **how)})"


def among(*columns: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The columns are one of the tuples of a JSON list that is bound as one parameter, so that the statement stays prepared."""
    lite = func.json_each(bindparam(name)).table_valued("value", name=name)
    of_lite = select(*(func.json_extract(lite.c.value, literal_column(f"'$[{position}]'")) for position in range(len(columns))))
    rows = func.json_array_elements(cast(bindparam(name), JSON)).table_valued(column("value", JSON), name=name)
    texts = [rows.c.value.op("->>")(literal_column(str(position))) for position in range(len(columns))]
    of_rows = select(*(cast(text, Integer) if isinstance(of.type, Integer) else text for of, text in zip(columns, texts, strict=True)))
    return _Either(tuple_(*columns).in_(of_lite), tuple_(*columns).in_(of_rows))


def either(lite: ColumnElement[bool], postgres: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that is another one on each engine."""
    return _Either(lite, postgres)


def checked(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on rows that a key has found already. PostgreSQL must not begin with it.

    Where it believes that few rows fulfil it (of a table that has just begun to grow, or a state that was rare when it looked last) it
    would find all those first, and look for each in the batch: a hundred thousand that wait, for the fifty that go now.
    """
    return _Either(condition, case((condition, true()), else_=false()))


def upsert(table: Any) -> Upsert:
    """An insert that may say what to do where the row is there already; both engines understand it."""
    return postgresql.insert(table)
