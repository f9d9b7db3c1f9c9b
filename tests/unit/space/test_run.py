"""Starting: a problem with the settings or the environment is one line of output."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from bus.rpc.keys import sender_of
from core.settings import Settings, SettingsError
from space import lock, run
from space.cli import main
from space.status import system_status


def test_a_taken_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = Settings.from_environment({"SPACE_HOME": str(tmp_path), "PORT": str(port)})
        with pytest.raises(SettingsError, match=f"Port {port} is taken .* PORT="):
            run.listen(settings)


def test_a_second_space_does_not_share_the_first_ones_port(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings.from_environment({"SPACE_HOME": str(tmp_path), "PORT": str(port)})
    first = run.listen(settings)
    try:
        with pytest.raises(SettingsError, match="is taken"):
            run.listen(settings)
    finally:
        first.close()


def test_a_second_space_does_not_write_to_the_first_ones_folder(tmp_path: Path) -> None:
    settings = Settings.from_environment({"SPACE_HOME": str(tmp_path)})
    with lock.hold(settings):
        assert lock.is_held(settings)
        with pytest.raises(SettingsError, match=r"already runs .* SPACE_HOME="):
            lock.hold(settings)
    assert not lock.is_held(settings)


def test_status_takes_no_other_space_for_this_one_and_makes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = Settings.from_environment({"SPACE_HOME": str(tmp_path), "PORT": str(port)})
        lines = system_status(settings)
    assert [line.running for line in lines] == [False] * len(lines)
    assert all("is not there yet" in line.problem for line in lines if line.name != "gateway")
    assert not list(tmp_path.glob("*.sqlite"))


def test_starting_says_so_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "none")
    result = CliRunner().invoke(main, ["up"])
    assert result.output.startswith("Starting Space …\n")
    assert result.exit_code == 1
    assert "PORT is 'none'" in result.output


def test_help_tells_the_exit_codes_and_every_command() -> None:
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    assert "Exit codes: 0" in shown.output
    for name, command in main.commands.items():
        assert name in shown.output
        assert command.help, name


def test_a_wrong_call_ends_with_2() -> None:
    for words in (["nonsense"], ["run"], ["run", "kitchen"], ["demo", "--scale", "0"], ["rebuild"]):
        assert CliRunner().invoke(main, words).exit_code == 2, words


def test_a_process_signs_as_who_may_call_the_most() -> None:
    assert sender_of(["people", "notify"]) == "notify"
    assert sender_of(["forum", "mail"]) == "mail"
    assert sender_of(["mail", "notify", "gateway"]) == "gateway"
    assert sender_of(["forum", "blog"]) == "forum"
    with pytest.raises(SettingsError, match="mail and notify"):
        sender_of(["people", "notify", "mail"])
