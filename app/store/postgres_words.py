"""A job's texts as the lexemes of a tsvector, split as SQLite's FTS5 splits them.

PostgreSQL's own parsers keep a path or an address as one token, and its weights tell four columns
apart; here are more. So a word is a lexeme with its column's name before it, and one by itself
where a query finds it that names no column.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from app.store.job_store import FREE_COLUMNS, WORD_COLUMNS, Term

_WORD = re.compile(r"[^\W_]+")
_LAST_POSITION = 16_383  # of a tsvector
_WORD_LETTERS = 200  # of a lexeme; it has room for 2,046 bytes
_MOST_WORDS = 20_000  # of one job; a tsvector has room for a megabyte
_GAP = 2  # no phrase goes from one column into the next


def lexemes_of(texts: Mapping[str, str | None]) -> str:
    """Return a tsvector, as text, of the texts under WORD_COLUMNS."""
    places: dict[str, list[int]] = {}
    for position, column, word in _placed(texts):
        free = (word,) if column in FREE_COLUMNS else ()
        for lexeme in (*free, _tagged(column, word)):
            places.setdefault(lexeme, []).append(position)
    return " ".join(
        f"'{lexeme}':{','.join(map(str, positions[:255]))}" for lexeme, positions in places.items()
    )


def _placed(texts: Mapping[str, str | None]) -> Iterator[tuple[int, str, str]]:
    position = 0
    for column in WORD_COLUMNS:
        for word in _words(texts.get(column) or ""):
            position += 1
            if position <= _MOST_WORDS:
                yield min(position, _LAST_POSITION), column, word
        position += _GAP


def query_of(terms: Sequence[Term]) -> str:
    """Return a tsquery, as text, for jobs that have every term; "" where nothing can match."""
    phrases = [_phrase(term) for term in terms]
    return " & ".join(phrase for phrase in phrases if phrase)


def _phrase(term: Term) -> str:
    words = [_tagged(term.column, word) if term.column else word for word in _words(term.words)]
    quoted = [f"'{word}'" for word in words]
    return f"({' <-> '.join(quoted)}:*)" if quoted else ""


def _tagged(column: str, word: str) -> str:
    return f"/{column}/{word}"


def _words(text: str) -> list[str]:
    """Return the words of a text: letters and digits, without case and accents."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )
    return [word[:_WORD_LETTERS] for word in _WORD.findall(plain.casefold())]
