"""A program of a user of the library. It prints what it gets as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from _library.models import Book
from async_library import AsyncLibrary
from library import Library, MissingError, PaginationError

OTHER_LISTS = (
    "http://127.0.0.2/books?offset=2",
    "http://user@127.0.0.1/books?offset=2",
    "//127.0.0.2/books",
    "/books/9/loans",
    "http://[/books",
)


def is_refused(error: type[Exception], call: Callable[..., object], *arguments: object, **others: object) -> bool:
    """Return whether a call raises `error`."""
    try:
        call(*arguments, **others)
    except error:
        return True
    return False


def run(url: str) -> dict[str, object]:
    """Call every method."""
    client = Library(url, "secret")
    added: Book = client.books.add(isbn="9", title="Persuasion", genre="novel", added=datetime(2025, 1, 2, tzinfo=UTC))
    when: datetime | None = added.added
    pager = client.books.list(limit=2)
    with client.books.stream_cover("9") as stream:
        streamed: bytes = stream.read()
    refused: object = None
    try:
        client.books.get("no/ne?")
    except MissingError as error:
        refused = error.status
    client.books.list(
        author=["Jane Austen", "A&B"], marks={"a b": "1"}, added_since=datetime(2024, 5, 6, tzinfo=UTC), lent=True
    ).first()
    return {
        "added": [added.isbn, added.title, added.genre, when and when.year],
        "books": [book.title for book in pager],
        "novels": [book.title for book in client.books.list(genre="novel")],
        "pages": [len(page.items) for page in pager.pages()],
        "three": [book.isbn for book in client.books.list(limit=2, max_items=3)],
        "book": client.books.get("9").title,
        "loans": [loan.reader for loan in client.loans.list("0", limit=2)],
        "pages of loans": [len(page.items) for page in client.loans.list("0", limit=2).pages()],
        "cover": client.books.get_cover("9").hex(),
        "streamed cover": streamed.hex(),
        "refused": refused,
        "French title": client.books.get("9", title_language="fr").title,
        "refused pages": [
            is_refused(PaginationError, list, client.books.list(genre="poetry")),
            *(is_refused(PaginationError, pager.resume, url) for url in OTHER_LISTS),
        ],
        "refused arguments": [
            is_refused(ValueError, client.books.get, ".."),
            is_refused(ValueError, client.books.list, author=[]),
            is_refused(ValueError, client.books.list, added_since=datetime(2024, 5, 6)),  # noqa: DTZ001
            is_refused(ValueError, client.books.add, isbn="8", title="Sanditon", added=datetime(2024, 5, 6)),  # noqa: DTZ001
        ],
    }


async def run_async(url: str) -> dict[str, object]:
    """Call the lists, and one other method."""
    client = AsyncLibrary(url, "secret")
    async with client.books.stream_cover("9") as stream:
        streamed = await stream.read()
    return {
        "books": [book.title async for book in client.books.list(limit=2)],
        "loans": [loan.reader async for loan in client.loans.list("0", limit=2)],
        "pages of loans": [len(page.items) async for page in client.loans.list("0", limit=2).pages()],
        "book": (await client.books.get("9")).title,
        "cover": (await client.books.get_cover("9")).hex(),
        "streamed cover": streamed.hex(),
        "refused pages": [is_refused(PaginationError, client.books.list().resume, url) for url in OTHER_LISTS],
        "foreign page": await foreign_page(client),
    }


async def foreign_page(client: AsyncLibrary) -> list[str]:
    """Return what is read of a list whose second page is on another server."""
    titles = list[str]()
    try:
        async for book in client.books.list(genre="poetry"):
            titles.append(book.title)
    except PaginationError:
        titles.append("refused")
    return titles


if __name__ == "__main__":
    json.dump([run(sys.argv[1]), asyncio.run(run_async(sys.argv[1]))], sys.stdout)
