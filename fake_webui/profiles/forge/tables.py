"""Fields that requests have beside A1111's, and exceptions that are worded in another way."""

from collections.abc import Iterator, Mapping
from typing import Final

from fake_webui.contract import Field, Table
from fake_webui.contract.coercion import LIST, NUMBER
from fake_webui.contract.tables import IMG2IMG as A1111_IMG2IMG
from fake_webui.contract.tables import TXT2IMG as A1111_TXT2IMG

_DISTILLED: Final = Field("distilled_cfg_scale", NUMBER, 3.5, nullable=True)
_MODULES: Final = Field("hr_additional_modules", LIST, None)
_HIRES_CFG: Final = (
    Field("hr_cfg", NUMBER, 1.0, nullable=True),
    Field("hr_distilled_cfg", NUMBER, 3.5, nullable=True),
)
# The fields that are added, by the field behind which they stand.
_IN_TXT2IMG: Final = {
    "cfg_scale": (_DISTILLED,),
    "hr_checkpoint_name": (_MODULES,),
    "hr_negative_prompt": _HIRES_CFG,
}
_IN_IMG2IMG: Final = {"cfg_scale": (_DISTILLED,), "force_task_id": _HIRES_CFG[1:]}


def _with(table: Table, added: Mapping[str, tuple[Field, ...]]) -> Table:
    def fields() -> Iterator[Field]:
        for field in table.fields:
            yield field
            yield from added.get(field.name, ())

    return Table(table.name, tuple(fields()))


TXT2IMG: Final = _with(A1111_TXT2IMG, _IN_TXT2IMG)
IMG2IMG: Final = _with(A1111_IMG2IMG, _IN_IMG2IMG)

NOT_A_NUMBER: Final = "must be real number, not NoneType"
NOT_AN_INTEGER: Final = "'NoneType' object cannot be interpreted as an integer"
FAILURES: Final = {
    "null cfg_scale": ("TypeError", NOT_A_NUMBER),
    "null width": ("TypeError", NOT_AN_INTEGER),
    "null height": ("TypeError", NOT_AN_INTEGER),
    "null negative_prompt": ("TypeError", "expected string or bytes-like object"),
    "no init images": (
        "IndexError",
        "Dimension out of range (expected to be in range of [-1, 0], but got 1)",
    ),
}
