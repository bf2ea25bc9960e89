"""A program of a user of the library. It prints what it gets as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime

from _library.models import Book
from async_library import AsyncLibrary
from library import Library, MissingError


def run(url: str) -> dict[str, object]:
    """Call every method."""
    client = Library(url, "secret")
    added: Book = client.books.add(isbn="9", title="Persuasion", genre="novel")
    when: datetime | None = added.added
    pager = client.books.list(limit=2)
    with client.books.stream_cover("9") as stream:
        streamed: bytes = stream.read()
    refused: object = None
    try:
        client.books.get("none")
    except MissingError as error:
        refused = error.status
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
    }


if __name__ == "__main__":
    json.dump([run(sys.argv[1]), asyncio.run(run_async(sys.argv[1]))], sys.stdout)
