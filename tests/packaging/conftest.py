from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.packaging.project import Distributions, Environment, build, copy_sources, extras, make_environment


@pytest.fixture(scope="session")
def sources(tmp_path_factory) -> Path:
    """A copy of the sources, which edits of the tree do not change."""
    return copy_sources(tmp_path_factory.mktemp("sources") / "tree")


@pytest.fixture(scope="session")
def distributions(sources, tmp_path_factory) -> Distributions:
    return build(sources, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def with_extra(distributions, tmp_path_factory) -> Callable[[str], Environment]:
    """The wheel with an extra and nothing else; "" is none."""

    @cache
    def install(extra: str) -> Environment:
        folder = tmp_path_factory.mktemp(f"with-{extra}")
        return make_environment(folder, f"{distributions.wheel}{extra and f'[{extra}]'}")

    return install


@pytest.fixture(scope="session")
def bare(with_extra) -> Environment:
    """The wheel without extras."""
    return with_extra("")


@pytest.fixture(scope="session")
def mock(distributions, tmp_path_factory) -> Environment:
    """The wheel with the mock server, and pytest, which its users have."""
    return make_environment(tmp_path_factory.mktemp("mock"), f"{distributions.wheel}[mock]", "pytest")


@pytest.fixture(scope="session")
def complete(distributions, tmp_path_factory) -> Environment:
    """The wheel with all extras."""
    return make_environment(tmp_path_factory.mktemp("complete"), f"{distributions.wheel}[{','.join(extras())}]")
