"""Starting and stopping: one a process, quiet, quick, and nothing left behind.

The pool of this worker runs already, so what needs a start of its own happens in a process of its own.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap

import pytest

from hardtack.demo.pool import EmbeddedPool, PoolError
from support.pool import ask, sign_in

pytestmark = pytest.mark.pool


def run(story):
    """Run a story in a fresh interpreter whose warnings are errors; its standard output."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(story)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_a_second_pool_in_this_process_is_refused(pool):
    with pytest.raises(PoolError, match="running in this process already"):
        EmbeddedPool().start()
    assert pool.calls == ()


def test_it_can_be_started_again_after_it_was_stopped():
    assert (
        run("""
        from hardtack.demo.pool import EmbeddedPool
        for _ in range(2):
            with EmbeddedPool() as pool:
                assert pool.issue("alice")["AccessToken"]
        try:
            pool.calls
        except Exception as error:
            print(type(error).__name__)
    """)
        == "PoolError\n"
    )


def test_the_first_answer_comes_within_a_second_and_a_half():
    seconds = float(
        run("""
        import time
        started = time.perf_counter()
        import httpx2
        from hardtack.demo.pool import EmbeddedPool
        with EmbeddedPool() as pool:
            assert httpx2.get(pool.jwks_url, trust_env=False).status_code == 200
            print(time.perf_counter() - started)
    """)
    )
    assert seconds < 5, "1.5 s on an idle machine; a busy one gets some patience"


def test_environment_loggers_clock_and_folder_are_left_as_they_were():
    run("""
        import logging, os, tempfile, time
        from pathlib import Path
        records = []
        class Keep(logging.Handler):
            def emit(self, record):
                records.append(record)
        logging.basicConfig(level=logging.INFO, handlers=[Keep()])
        handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
        environment = dict(os.environ)
        from hardtack.demo.pool import EmbeddedPool
        with EmbeddedPool() as pool:
            folder = pool._state_dir
            assert folder.is_dir()
            pool.issue("alice")
            pool.add_user("frank", "Quadrant-1731!", email="frank@example.com")
            assert dict(os.environ) == environment
            import ministack.services.cognito as cognito
            assert cognito.time is not time
        assert cognito.time is time
        assert not folder.exists()
        assert dict(os.environ) == environment
        assert (logging.getLogger().handlers, logging.getLogger().level) == (handlers, level)
        noise = [r.getMessage() for r in records if r.name != "asyncio"]
        assert not noise, noise
    """)


def test_only_loopback_is_listened_on():
    run("""
        import os
        from pathlib import Path
        from hardtack.demo.pool import EmbeddedPool
        def listening():
            fds = [Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
            own = {os.readlink(fd) for fd in fds if os.path.lexists(fd)}
            tables = [Path("/proc/net", name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
            rows = [line.split() for table in tables for line in table]
            return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}
        with EmbeddedPool() as pool:
            port = int(pool.url.rsplit(":", 1)[1])
            assert listening() == {f"0100007F:{port:04X}"}, listening()
    """)


def test_ministack_without_authentication_is_refused():
    assert run("""
        import logging
        import ministack.app
        from hardtack.demo.pool import EmbeddedPool, PoolError
        try:
            EmbeddedPool().start()
        except PoolError as error:
            print(error.message)
    """).startswith("ministack was imported earlier")


def test_without_ministack_the_extra_is_named():
    assert (
        run("""
        import sys
        sys.modules["ministack"] = None
        from hardtack.demo.pool import EmbeddedPool, PoolError
        for _ in range(2):  # a failed start leaves room for another
            try:
                EmbeddedPool().start()
            except PoolError as error:
                print(error.hint)
    """)
        == "Install hardtack[demo].\n" * 2
    )


def test_a_taken_port_is_named(pool):
    port = pool.url.rsplit(":", 1)[1]
    story = f"""
        from hardtack.demo.pool import EmbeddedPool, PoolError
        try:
            EmbeddedPool(port={port}).start()
        except PoolError as error:
            print(error)
    """
    assert f"Port {port} is taken" in run(story)


def test_it_may_be_started_from_within_an_event_loop():
    run("""
        import asyncio
        from hardtack.demo.pool import EmbeddedPool
        async def main():
            with EmbeddedPool() as pool:
                assert pool.issue("bob")
        asyncio.run(main())
    """)


def test_a_stop_does_not_wait_for_a_call_that_hangs():
    run("""
        import threading, time
        import httpx2
        from hardtack.demo.pool import EmbeddedPool
        with EmbeddedPool() as pool:
            pool.faults.fail("*", "hang")
            def call():
                try:
                    httpx2.get(pool.jwks_url, timeout=30, trust_env=False)
                except httpx2.TransportError:
                    pass
            caller = threading.Thread(target=call)
            caller.start()
            while not pool.calls:
                time.sleep(0.01)
            started = time.perf_counter()
        caller.join()
        assert time.perf_counter() - started < 5
    """)


def test_serving_is_quiet(pool, http, caplog):
    caplog.set_level(logging.DEBUG)
    sign_in(http, pool)
    ask(http, "GetUser")
    pool.add_user("grace", "Sextant-1757!", email="grace@example.com")
    assert [record for record in caplog.records if not record.name.startswith(("httpx2", "httpcore2", "asyncio"))] == []
