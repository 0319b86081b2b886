"""The exported JSON Schemas are those of the models."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from wasl_contracts.schemas import schemas, write

_FOLDER = Path(__file__).parents[1] / "schemas"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_up_to_date(name: str) -> None:
    written = (_FOLDER / name).read_text(encoding="utf-8")

    assert written == schemas()[name], "run `python -m wasl_contracts.schemas contracts/schemas`"


def test_no_schema_is_left_of_a_model_that_is_gone() -> None:
    assert {path.name for path in _FOLDER.iterdir()} == set(schemas())


def test_writing_makes_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "new")

    assert {path.name for path in (tmp_path / "new").iterdir()} == set(schemas())


@pytest.mark.parametrize("text", schemas().values(), ids=list(schemas()))
def test_a_schema_is_valid_itself(text: str) -> None:
    Draft202012Validator.check_schema(json.loads(text))
