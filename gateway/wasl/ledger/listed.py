"""A JSON list that is bound as one parameter, as rows in the SQL of either engine: so a statement is the same however long the list is."""

_VALUES = {"sqlite": "SELECT value FROM json_each(:{})", "postgresql": "SELECT value FROM json_array_elements_text(CAST(:{} AS json))"}
_PAIRS = {
    "sqlite": "SELECT json_extract(value, '$[0]') AS {}, json_extract(value, '$[1]') AS {} FROM json_each(:{})",
    "postgresql": "SELECT value->>0 AS {}, value->>1 AS {} FROM json_array_elements(CAST(:{} AS json))",
}

# PostgreSQL takes rows of JSON for a hundred and a young table for empty, and would look through all of that for each of them.
_AMONG = {"sqlite": "{} IN ({})", "postgresql": "{} = ANY (ARRAY({}))"}


def values(dialect: str, parameter: str) -> str:
    """Rows of one column, `value`, of a list of texts. The dialect is sqlite or postgresql."""
    return _VALUES[dialect].format(parameter)


def pairs(dialect: str, parameter: str, first: str, second: str) -> str:
    """Rows of two columns of these names, of a list of pairs of texts."""
    return _PAIRS[dialect].format(first, second, parameter)


def among(dialect: str, column: str, parameter: str) -> str:
    """A condition: the column is among a list of texts. PostgreSQL looks each up in an index, whatever it believes of the table."""
    return _AMONG[dialect].format(column, values(dialect, parameter))
