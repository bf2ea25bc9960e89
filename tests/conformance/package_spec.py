"""The spec in the package, which is read once for all tests. Do not change it."""

from typing import Final

from buildkite_rest.conformance.spec import Spec

SPEC: Final = Spec.load(None)
