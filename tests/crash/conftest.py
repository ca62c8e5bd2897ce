from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from crash_bench import Bench, Benches, crash_bench


@pytest.fixture(scope="session")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    """One vendor of each kind per worker, started when it is needed."""
    made: dict[str, Bench] = {}
    with ExitStack() as stack:

        def bench(platform: str) -> Bench:
            if platform not in made:
                made[platform] = stack.enter_context(crash_bench(platform, tmp_path_factory.mktemp(platform)))
            return made[platform]

        yield bench
