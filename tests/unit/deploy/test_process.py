"""Processes are started and ended by id, and others are not affected."""

import os
import signal
import socket
from pathlib import Path

import pytest

from deploy.servers import process


def test_a_port_with_a_listener_is_not_free() -> None:
    with socket.socket() as server:
        server.bind((process.LOOPBACK, 0))
        server.listen()
        assert not process.can_listen(server.getsockname()[1])


def test_a_free_port_can_be_listened_on() -> None:
    assert process.can_listen(process.free_port())


def test_a_process_runs_until_it_is_ended(tmp_path: Path) -> None:
    pid = process.spawn(
        ["sleep", "60"], None, {"PATH": "/usr/bin:/bin", "MARK": "ours"}, tmp_path, tmp_path / "log"
    )
    assert process.is_running(pid, "ours")
    assert process.end(pid, "ours", signal.SIGTERM, 5)
    assert not process.is_running(pid, "ours")


def test_a_process_that_is_not_ours_is_left_alone() -> None:
    assert not process.is_running(os.getpid(), "a mark that stands in no command")
    assert process.end(os.getpid(), "a mark that stands in no command", signal.SIGKILL, 0)


def test_a_failing_command_says_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(process.ServerError, match="exit code 3:\nbroken disk"):
        process.run(["sh", "-c", "echo broken disk; exit 3"], None, {"PATH": "/usr/bin:/bin"}, tmp_path)


def test_a_missing_program_says_how_to_install_it() -> None:
    with pytest.raises(process.ServerError, match="make setup-servers"):
        process.find_program("no-such-server")


def test_a_private_folder_lets_no_one_pass(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    assert not process.everyone_may_pass(private / "inside")
    assert process.everyone_may_pass(Path("/usr/lib"))


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    shown = process.tail(log, tmp_path / "not there")
    assert shown.endswith("line 98\nline 99")
    assert "line 1\n" not in shown
