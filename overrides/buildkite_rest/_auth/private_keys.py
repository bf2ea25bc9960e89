"""Loading of private keys from PEM text or a file."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .._base.errors import ConfigurationError
from .._base.records import Record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey: TypeAlias = "str | bytes | Path | RSAPrivateKey"

_MAX_LABEL_LENGTH: Final = 40
_MAX_FILE_BYTES: Final = 1 << 16
"""Bytes of the largest file that is read. A key of 4096 bits has 4 KiB."""
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""Without O_NONBLOCK, opening a FIFO would block until it has a writer."""


class KeyNames(Record, frozen=True):
    """Names of a private key and its passphrase in messages, which never show a value: it may be a secret."""

    key: str = "the private key"
    path: str = "private_key"
    """The argument, option or variable that holds the path."""
    passphrase: str = "passphrase"  # noqa: S105 - the name of an argument
    add_passphrase: str = "Pass its passphrase"  # noqa: S105
    remove_passphrase: str = "Leave out the passphrase"  # noqa: S105
    use_path: str = "Pass PEM text that starts with -----BEGIN, or a pathlib.Path to such a file"
    """Advice for text that is not PEM."""


def load_private_key(
    source: PrivateKey, passphrase: str | bytes | None, names: KeyNames | None = None
) -> RSAPrivateKey:
    """Return the RSA key in `source`.

    Raises:
        ConfigurationError: The key cannot be read or is not one that the API accepts.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    names = KeyNames() if names is None else names
    secret = _encode_passphrase(passphrase, names)
    key: Any = source
    if isinstance(source, str | bytes | Path):
        pem = _read_pem(source, names)
        try:
            key = load_pem_private_key(pem, password=secret)
        except TypeError:
            reason = (
                f"is encrypted. {names.add_passphrase}"
                if secret is None
                else f"is not encrypted. {names.remove_passphrase}"
            )
            raise ConfigurationError(f"{names.key} {reason}") from None
        except (ValueError, UnsupportedAlgorithm):
            raise ConfigurationError(f"{names.key} {_parse_error(pem, secret)}") from None
    elif secret is not None:
        raise ConfigurationError(f"{names.key} is not encrypted. {names.remove_passphrase}")
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{names.key} is not an RSA private key, the only kind that the API accepts")
    if not 2048 <= key.key_size <= 4096:
        raise ConfigurationError(f"{names.key} has {key.key_size} bits. The API accepts 2048 to 4096")
    return key


def _encode_passphrase(passphrase: str | bytes | None, names: KeyNames) -> bytes | None:
    """Encode a passphrase. Bytes of an environment variable that are not UTF-8 are restored."""
    if passphrase is not None and not isinstance(passphrase, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"{names.passphrase} must be a str or bytes, not {type(passphrase).__name__}")
    if not isinstance(passphrase, str):
        return passphrase or None
    encoded = None
    with suppress(UnicodeEncodeError):  # It has the passphrase, so it must not be the context of another error.
        encoded = passphrase.encode("utf-8", "surrogateescape")
    if encoded is None:
        raise ConfigurationError(f"{names.passphrase} contains a lone surrogate, which cannot be encoded as UTF-8")
    return encoded or None


def _label(pem: bytes) -> str:
    """Return the label of a PEM, or `PRIVATE KEY` if it has no valid one."""
    label = pem.partition(b"-----BEGIN ")[2].partition(b"-----")[0][: _MAX_LABEL_LENGTH + 1].decode("latin-1")
    is_label = (
        len(label) <= _MAX_LABEL_LENGTH and label.isascii() and label.replace(" ", "").isalpha() and label.isupper()
    )
    return label if is_label else "PRIVATE KEY"


def _parse_error(pem: bytes, secret: bytes | None) -> str:
    """Describe why a PEM is not a readable private key."""
    label = _label(pem)
    if b"\\n" in pem:
        return r"has \n where it should have line breaks"
    if label == "OPENSSH PRIVATE KEY":
        return "is in the format of OpenSSH. Convert it to PEM: ssh-keygen -p -m PEM -f FILE"
    if "PRIVATE KEY" not in label:
        return f"is a PEM with the label {label!r}"
    return "is damaged" if secret is None else "is damaged or its passphrase is wrong"


def _read_pem(source: str | bytes | Path, names: KeyNames) -> bytes:
    if isinstance(source, Path):
        pem = _read_file(source, names)
        if b"-----BEGIN" not in pem:
            raise ConfigurationError(f"the file that {names.path} names is not PEM, which starts with -----BEGIN")
        return pem
    pem = source.encode("utf-8", "replace") if isinstance(source, str) else source
    if b"-----BEGIN" not in pem:
        raise ConfigurationError(f"{names.key} is not PEM. {names.use_path}")
    return pem


def _read_file(path: Path, names: KeyNames) -> bytes:
    """Read a regular file of limited size. The path may be a key or a token by mistake, so it is not shown."""
    reason: str | None = None
    try:
        return _file_content(path)
    except OSError as error:
        reason = error.strerror
    except ValueError:  # a NUL or a lone surrogate
        pass
    raise ConfigurationError(
        f"{names.path} is not the path of a readable PEM file: {reason or 'no file can have this path'}. "
        "Set it to the path of the key, not to its text"
    )


def _file_content(path: Path) -> bytes:
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "Is not a regular file")
        content = b""
        while len(content) <= _MAX_FILE_BYTES and (chunk := os.read(descriptor, _MAX_FILE_BYTES + 1 - len(content))):
            content += chunk
    finally:
        os.close(descriptor)
    if len(content) > _MAX_FILE_BYTES:
        raise OSError(0, f"Is larger than {_MAX_FILE_BYTES >> 10} KiB")
    return content
