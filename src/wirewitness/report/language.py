"""The languages that the project speaks to people in, and which one a reader gets."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# In the order POSIX gives them: the first that is set decides.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """A language with a text file of its own."""

    EN = "en"
    FR = "fr"
    ZH = "zh"

    @property
    def tag(self) -> str:
        """The BCP 47 tag for the HTML `lang` attribute."""
        return "zh-Hans" if self is Language.ZH else self.value


def choose_language(wanted: str | None, environment: Mapping[str, str]) -> Language:
    """Return the language of `wanted` ("fr"), else of LC_ALL, LC_MESSAGES or LANG, else English.

    A locale without texts is answered in English; a wrong `wanted` raises ValueError.

    >>> choose_language(None, {"LANG": "zh_CN.UTF-8"})
    <Language.ZH: 'zh'>
    """
    if wanted is not None:
        return Language(wanted.lower().replace("_", "-").split("-")[0])
    for variable in _VARIABLES:
        locale = environment.get(variable, "")
        if locale:
            code = locale.lower().replace("_", "-").split(".")[0].split("-")[0]
            return Language(code) if code in set(Language) else Language.EN
    return Language.EN
